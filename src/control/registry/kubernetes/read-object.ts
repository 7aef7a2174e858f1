// Makes typed objects of what an API server sends, without what nobody looks at.

import { errorIssue, type Issue } from '../../../base/result.ts';
import { Fields } from '../../../kube/fields.ts';
import { KINDS } from '../../../kube/index.ts';
import { type Located, locate } from '../../../kube/meta.ts';
import type { KubeObject } from '../../../kube/objects.ts';
import type { KubeValue } from '../../../kube-api/kube-client.ts';
import { apiVersionOf, type KubeResource } from '../../../kube-api/kube-resource.ts';
import { textOf } from '../../../kube-api/kube-values.ts';
import { type PresentStatus, readPresentStatus } from '../../status/present-statuses.ts';
import { isStatusKind, type StatusKind } from '../../status/status-form.ts';
import type { StatusKey } from '../../status/wanted-status.ts';
import { mapOf, pick, type WatchedKind } from './watched-kinds.ts';

export interface ReadObject {
  /** `namespace/name`, or `name` outside namespaces. */
  readonly key: string;
  /** Null where it can't be read. */
  readonly located: Located<KubeObject> | null;
  readonly issues: readonly Issue[];
  /** Of kinds whose status is ours to write. */
  readonly present: PresentStatus | null;
}

/** Problems told for one object. */
const MAX_ISSUES = 5;
const METADATA = ['name', 'namespace', 'uid', 'generation', 'labels', 'creationTimestamp', 'deletionTimestamp'];
/** Annotations may be 256 KiB an object, and kubectl's copy of the whole object is one: only these are kept. */
const ANNOTATION_PREFIXES = ['switchboard.dev/', 'service.kubernetes.io/'];

/** `resource`: the version that was asked for, as items of a list do not say it themselves. */
export function readObject(watched: WatchedKind, resource: KubeResource, value: KubeValue): ReadObject {
  const metadata = mapOf(value, 'metadata');
  const key = keyOfValue(value);
  const kept = {
    ...{ apiVersion: apiVersionOf(resource), kind: resource.kind },
    metadata: { ...pick(metadata, METADATA), annotations: ownAnnotations(metadata), ownerReferences: owners(metadata) },
    ...watched.keep(value),
  };
  const source = `kubernetes:${resource.plural}/${key}`;
  const row = KINDS.find(({ kind, apiVersion }) => kind === resource.kind && apiVersion === kept.apiVersion);
  const issues: Issue[] = [];
  const fields = new Fields(kept, '', (path, message, remedy) => {
    if (issues.length < MAX_ISSUES) issues.push(errorIssue(message, { source, path, remedy }));
  });
  const object = row?.read(fields);
  const isRead = object !== undefined && issues.length === 0;
  const present = isStatusKind(watched.kind)
    ? readPresentStatus(statusKey(watched.kind, metadata), value, issues)
    : null;
  return { key, located: isRead ? locate(object, source) : null, issues, present };
}

export function keyOfValue(value: KubeValue): string {
  const metadata = mapOf(value, 'metadata');
  const namespace = textOf(metadata, 'namespace');
  const name = textOf(metadata, 'name');
  return namespace === '' ? name : `${namespace}/${name}`;
}

function statusKey(kind: StatusKind, metadata: KubeValue): StatusKey {
  return { kind, namespace: textOf(metadata, 'namespace'), name: textOf(metadata, 'name') };
}

function ownAnnotations(metadata: KubeValue): KubeValue {
  const entries = Object.entries(mapOf(metadata, 'annotations'));
  return Object.fromEntries(entries.filter(([name]) => ANNOTATION_PREFIXES.some((prefix) => name.startsWith(prefix))));
}

/** What a workload is called by. */
function owners(metadata: KubeValue): readonly KubeValue[] {
  const list = metadata['ownerReferences'];
  if (!Array.isArray(list)) return [];
  return list.map((owner: KubeValue) => pick(owner, ['kind', 'name', 'controller']));
}
