// What the bench and the processes that it starts say to each other.
import type { MeshSize } from './mesh.ts';

/** The clock that all processes of a machine share, µs. */
export function nowUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export interface ServerConfig extends MeshSize {
  /** How many changes are to come: what comes is not ready before. */
  readonly changes: number;
  /** The first so many Services have one pod, 127.0.0.1 with this port. */
  readonly answering: { readonly services: number; readonly port: number };
}

export interface ChangeOrder {
  readonly kind: 'change';
  readonly index: number;
}

export type ServerReport =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'changed'; readonly index: number; readonly atUs: number };

/**
 * `named`: knows the names of the mesh, and subscribes to what it needs of its Services, as our sidecar does. `wildcard`: subscribes to
 * everything, as Envoy does.
 */
export type SubscriberMode = 'named' | 'wildcard';

export interface SubscribersConfig {
  readonly mode: SubscriberMode;
  readonly port: number;
  readonly services: number;
  /** Services of each subscriber. */
  readonly each: number;
  /** This process has the subscribers `first` to `first + count - 1`. */
  readonly first: number;
  readonly count: number;
}

export interface StartOrder {
  readonly kind: 'start';
}

/** `acks`: pairs of a Service's number and when its change was acknowledged. */
export type SubscribersReport =
  | { readonly kind: 'loaded' }
  | { readonly kind: 'synced'; readonly atUs: number }
  | { readonly kind: 'acks'; readonly acks: readonly number[] }
  | { readonly kind: 'failed'; readonly reason: string };
