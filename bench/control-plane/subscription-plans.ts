// What a subscriber asks for: what 20 Services need, by name, or everything.
import { create, toBinary } from '@bufbuild/protobuf';
import { DEFAULT_CLUSTER_DOMAIN, proxyRouteName } from '../../src/model/names.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import { NodeSchema } from '../../src/xds/gen/envoy/config/core/v3/base_pb.ts';
import { encodeNode } from '../../src/xds/node.ts';
import { TYPE_URLS } from './delta-messages.ts';
import { clusterOf, namespaceOf, routesOf, servicesOf } from './mesh.ts';
import type { SubscriberMode } from './messages.ts';
import type { TypePlan } from './subscriber.ts';

export interface SubscriberPlace {
  readonly mode: SubscriberMode;
  readonly services: number;
  readonly each: number;
}

export function nodeOf(subscriber: number, mode: SubscriberMode): Uint8Array {
  const address = `10.255.${subscriber >> 8}.${subscriber & 255}`;
  const namespace = namespaceOf(subscriber);
  const id = sidecarNodeId(address, `pod-${subscriber}`, namespace, DEFAULT_CLUSTER_DOMAIN);
  const identity = { id, namespace, outboundAddresses: [], onDemand: mode === 'named' };
  return toBinary(NodeSchema, create(NodeSchema, encodeNode(identity, {})));
}

export function plansOf(subscriber: number, { mode, services, each }: SubscriberPlace): readonly TypePlan[] {
  if (mode === 'wildcard') return wildcardPlans(subscriber, services);
  return namedPlans(servicesOf(subscriber, each, services), services);
}

function namedPlans(own: readonly number[], services: number): readonly TypePlan[] {
  const { names, listeners, clusters, endpoints, routes } = TYPE_URLS;
  const expected = own.length;
  return [
    { typeUrl: names, subscribe: ['*'], expected: services },
    { typeUrl: listeners, subscribe: ['*'], expected: 1 },
    { typeUrl: clusters, subscribe: own.map(clusterOf), expected },
    { typeUrl: endpoints, subscribe: own.map(clusterOf), expected },
    { typeUrl: routes, subscribe: own.map(routesOf), expected },
  ];
}

/** In Envoy's order: endpoints when the clusters have come, routes when the listener has. */
function wildcardPlans(subscriber: number, services: number): readonly TypePlan[] {
  const all = Array.from({ length: services }, (_, service) => clusterOf(service));
  const { clusters, endpoints, listeners, routes } = TYPE_URLS;
  return [
    { typeUrl: clusters, subscribe: ['*'], expected: services },
    { typeUrl: endpoints, subscribe: all, expected: services, after: clusters },
    { typeUrl: listeners, subscribe: ['*'], expected: 1 },
    { typeUrl: routes, subscribe: [proxyRouteName(namespaceOf(subscriber))], expected: 1, after: listeners },
  ];
}

/** How many subscribers hold a Service. */
export function holdersOf(size: {
  readonly subscribers: number;
  readonly services: number;
  readonly each: number;
}): (service: number) => number {
  const counts = new Map<number, number>();
  for (let subscriber = 0; subscriber < size.subscribers; subscriber += 1) {
    for (const service of servicesOf(subscriber, size.each, size.services)) {
      counts.set(service, (counts.get(service) ?? 0) + 1);
    }
  }
  return (service) => counts.get(service) ?? 0;
}

/** `total` in `parts` that differ by one at most; never an empty one. */
export function sharesOf(total: number, parts: number): readonly { readonly first: number; readonly count: number }[] {
  const used = Math.min(total, parts);
  const edge = (part: number): number => Math.floor((part * total) / used);
  return Array.from({ length: used }, (_, part) => ({ first: edge(part), count: edge(part + 1) - edge(part) }));
}
