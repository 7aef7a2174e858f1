// The seam to a Kubernetes API server: list, watch, and what writing status needs.
import type { KubeObjectRef, KubeResource } from './kube-resource.ts';

/** An object as the API server writes it: whoever reads it checks it. */
export type KubeValue = Readonly<Record<string, unknown>>;

export interface KubeListPage {
  readonly items: readonly KubeValue[];
  /** Of the whole list; a watch begins there. */
  readonly resourceVersion: string;
  /** To be handed in for the next page; '' at the last. */
  readonly continue: string;
}

/** `BOOKMARK`: nothing happened, but the object's resourceVersion is where to go on. Source: watch events of the API. */
export interface KubeWatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: KubeValue;
}

export interface KubeListOptions {
  /** Objects of a page at most. */
  readonly limit: number;
  /** '' for the first page. */
  readonly continue: string;
  readonly signal?: AbortSignal;
}

export interface KubeWatchOptions {
  readonly resourceVersion: string;
  /** The server ends the watch then, in order. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
  /** Called when the server has agreed: from then on events come as they happen. */
  readonly onOpen?: () => void;
}

export interface KubeWriteOptions {
  /** Who is named as owner of the fields that are written. */
  readonly fieldManager: string;
  readonly signal?: AbortSignal;
}

/** Everything rejects with a KubeError. */
export interface KubeClient {
  /** Its URL, for messages. */
  readonly server: string;
  list(resource: KubeResource, options: KubeListOptions): Promise<KubeListPage>;
  /** Ends when the server ends it; throws a KubeError when it breaks, or the server says that it can't go on from there (`kube_gone`). */
  watch(resource: KubeResource, options: KubeWatchOptions): AsyncIterable<KubeWatchEvent>;
  /** Null where there is none. */
  read(resource: KubeResource, ref: KubeObjectRef, signal?: AbortSignal): Promise<KubeValue | null>;
  create(resource: KubeResource, namespace: string, object: KubeValue, options: KubeWriteOptions): Promise<KubeValue>;
  /** With `metadata.resourceVersion` in `object` it fails with `kube_conflict` where somebody else was faster. */
  replace(resource: KubeResource, ref: KubeObjectRef, object: KubeValue, options: KubeWriteOptions): Promise<KubeValue>;
  /** A JSON merge patch (RFC 7396) of the subresource `status`; `metadata.resourceVersion` in it as with `replace`. */
  patchStatus(
    resource: KubeResource,
    ref: KubeObjectRef,
    patch: KubeValue,
    options: KubeWriteOptions,
  ): Promise<KubeValue>;
  /** Ends what is under way. */
  close(): Promise<void>;
}

/** Makes a client when it is first needed: what it is made of is loaded then. */
export type ConnectKube = () => Promise<KubeClient>;
