// What an API server writes around objects: lists, events of a watch, and Status objects.
import { isMapping } from '../kube/fields.ts';
import type { KubeListPage, KubeValue, KubeWatchEvent } from './kube-client.ts';
import { errorOfStatus, type KubeAsk, unreachable } from './kube-error.ts';

const EVENT_TYPES = ['ADDED', 'MODIFIED', 'DELETED', 'BOOKMARK'] as const;

/** Source: ListMeta of apimachinery. */
export function listPageOf(value: unknown, ask: KubeAsk): KubeListPage {
  const list = isMapping(value) ? value : {};
  const metadata = isMapping(list['metadata']) ? list['metadata'] : {};
  const resourceVersion = textOf(metadata, 'resourceVersion');
  if (resourceVersion === '') throw unreachable(ask, 'its answer is no list of Kubernetes objects');
  const items = Array.isArray(list['items']) ? list['items'].filter(isMapping) : [];
  return { items, resourceVersion, continue: textOf(metadata, 'continue') };
}

/** Throws the KubeError that an event of type ERROR is. Source: WatchEvent of apimachinery. */
export function bookmarkOrEvent(value: unknown, ask: KubeAsk): KubeWatchEvent {
  const event = isMapping(value) ? value : {};
  const { object } = event;
  if (!isMapping(object)) throw unreachable(ask, 'it sends what is no event of a watch');
  if (event['type'] === 'ERROR') {
    const code = typeof object['code'] === 'number' ? object['code'] : 500;
    throw errorOfStatus(ask, code, textOf(object, 'message'));
  }
  const type = EVENT_TYPES.find((known) => known === event['type']);
  if (type === undefined) throw unreachable(ask, `it sends an event of the unknown type ${String(event['type'])}`);
  return { type, object };
}

/** The message of a Status object, or the beginning of whatever text it is. Source: Status of apimachinery. */
export function statusOf(body: string): string {
  try {
    const value: unknown = JSON.parse(body);
    return isMapping(value) ? textOf(value, 'message') : '';
  } catch {
    return body.trim().split('\n')[0] ?? '';
  }
}

export function resourceVersionOf(object: KubeValue): string {
  return isMapping(object['metadata']) ? textOf(object['metadata'], 'resourceVersion') : '';
}

export function textOf(value: KubeValue, key: string): string {
  const text = value[key];
  return typeof text === 'string' ? text : '';
}
