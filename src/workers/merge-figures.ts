// The figures of several workers as those of one sidecar.
import type { EndpointStatus, ListenerStatus } from '../admin/sidecar-status.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import type { ClusterFigures } from './plane.ts';

const COUNTS = [
  'cxActive',
  'cxTotal',
  'cxConnectFail',
  'rqActive',
  'rqTotal',
  'rqSuccess',
  'rqError',
  'rqTimeout',
] as const satisfies readonly (keyof EndpointStatus)[];

const TIMES = ['ejectionLeftMs', 'warmingMs'] as const satisfies readonly (keyof EndpointStatus)[];

/** One list a worker. An endpoint is taken out, or fails its checks, where any worker says so; what takes time takes the longest. */
export function mergeClusters(lists: readonly (readonly ClusterFigures[])[]): readonly ClusterFigures[] {
  const clusters = new Map<string, Map<string, EndpointStatus>>();
  for (const { name, endpoints } of lists.flat()) {
    const merged = clusters.get(name) ?? new Map<string, EndpointStatus>();
    clusters.set(name, merged);
    for (const endpoint of endpoints) {
      const key = renderSocketAddress(endpoint);
      const before = merged.get(key);
      merged.set(key, before === undefined ? endpoint : addEndpoints(before, endpoint));
    }
  }
  return Array.from(clusters, ([name, endpoints]) => ({ name, endpoints: [...endpoints.values()] }));
}

function addEndpoints(a: EndpointStatus, b: EndpointStatus): EndpointStatus {
  const sums = Object.fromEntries(COUNTS.map((count) => [count, a[count] + b[count]]));
  const failedCheck = a.failedCheck ?? b.failedCheck;
  const times = TIMES.flatMap((time) => {
    const longest = Math.max(a[time] ?? 0, b[time] ?? 0);
    return longest === 0 ? [] : [[time, longest] as const];
  });
  const ejections = (a.ejections ?? 0) + (b.ejections ?? 0);
  return {
    ...a,
    ...sums,
    ...Object.fromEntries(times),
    ...(ejections === 0 ? {} : { ejections }),
    ...(failedCheck === undefined ? {} : { failedCheck }),
    ejected: a.ejected ?? b.ejected,
    wouldBeEjected: a.wouldBeEjected ?? b.wouldBeEjected,
    lastError: a.lastError ?? b.lastError,
  };
}

/** All workers listen alike: the first one that has a listener tells its addresses. */
export function mergeListeners(lists: readonly (readonly ListenerStatus[])[]): readonly ListenerStatus[] {
  const listeners = new Map<string, ListenerStatus>();
  for (const listener of lists.flat()) if (!listeners.has(listener.name)) listeners.set(listener.name, listener);
  return [...listeners.values()];
}
