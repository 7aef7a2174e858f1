// Which changes must not wait: those that may take an endpoint away.
import { isDeepStrictEqual } from 'node:util';
import type { EndpointSlice, SliceEndpoint } from '../kube/endpoint-objects.ts';
import type { Kind, KubeObject } from '../kube/objects.ts';
import { isPodFinished, isPodReady, isPodTerminating, type Pod } from '../kube/pod.ts';
import { HEALTH_RANKS, healthOf } from './translate/backend.ts';
import { withDefaults } from './translate/slice-backends.ts';
import type { WorldChange } from './world.ts';

/** They have no endpoints. */
const CALM: ReadonlySet<Kind> = new Set([
  ...(['Namespace', 'ConfigMap', 'Deployment', 'StatefulSet'] as const),
  ...(['TrafficPolicy', 'HTTPRoute', 'GRPCRoute', 'ReferenceGrant'] as const),
]);

/**
 * True unless the change is known to take nothing from anybody. `hasOtherSlices`: a Service's first EndpointSlice puts its Pods out of
 * force, any further one only adds.
 */
export function isUrgent({ before, after }: WorldChange, hasOtherSlices: (slice: EndpointSlice) => boolean): boolean {
  const old = before?.object ?? null;
  const now = after?.object ?? null;
  const kind = (now ?? old)?.kind;
  if (kind === undefined || CALM.has(kind)) return false;
  if (old === null) return isUrgentAddition(now, hasOtherSlices);
  if (old.kind === 'Pod') return !hadNoAddress(old) && (now?.kind !== 'Pod' || isPodDiminished(old, now));
  if (old.kind === 'EndpointSlice') return now?.kind !== 'EndpointSlice' || isSliceDiminished(old, now);
  return true;
}

function isUrgentAddition(now: KubeObject | null, hasOtherSlices: (slice: EndpointSlice) => boolean): boolean {
  if (now?.kind === 'EndpointSlice') return !hasOtherSlices(now);
  return now?.kind === 'Endpoints';
}

function hadNoAddress({ status }: Pod): boolean {
  return status.podIP === undefined && status.podIPs.length === 0;
}

/** Anything but getting ready: a lost label or another port may take it from a Service as well. */
function isPodDiminished(before: Pod, now: Pod): boolean {
  return (
    (isPodReady(before) && !isPodReady(now)) ||
    isPodTerminating(before) !== isPodTerminating(now) ||
    isPodFinished(before) !== isPodFinished(now) ||
    before.status.podIP !== now.status.podIP ||
    !isDeepStrictEqual(before.status.podIPs, now.status.podIPs) ||
    !isDeepStrictEqual(before.metadata.labels, now.metadata.labels) ||
    !isDeepStrictEqual(before.spec, now.spec)
  );
}

function isSliceDiminished(before: EndpointSlice, now: EndpointSlice): boolean {
  if (before.addressType !== now.addressType || !isDeepStrictEqual(before.ports, now.ports)) return true;
  if (!isDeepStrictEqual(before.metadata.labels, now.metadata.labels)) return true;
  const left = new Map(now.endpoints.map((endpoint) => [endpoint.addresses[0], endpoint]));
  return before.endpoints.some((endpoint) => isEndpointDiminished(endpoint, left.get(endpoint.addresses[0])));
}

function isEndpointDiminished(before: SliceEndpoint, now: SliceEndpoint | undefined): boolean {
  return now === undefined || rankOf(now) > rankOf(before);
}

/** 0 = the best. Services that want addresses that are not ready don't make a worse one better. */
function rankOf({ conditions }: SliceEndpoint): number {
  return HEALTH_RANKS[healthOf(withDefaults(conditions), false)];
}
