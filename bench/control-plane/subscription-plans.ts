// What a subscriber asks for: of 20 Services by their names, or of everything.
import { DEFAULT_CLUSTER_DOMAIN, proxyRouteName } from '../../src/model/names.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import { TYPE_URLS } from './delta-messages.ts';
import { clusterOf, namespaceOf, servicesOf } from './mesh.ts';
import type { SubscriberMode } from './messages.ts';
import type { TypePlan } from './subscriber.ts';

export interface SubscriberPlace {
  readonly mode: SubscriberMode;
  readonly services: number;
  readonly each: number;
}

export function nodeIdOf(subscriber: number): string {
  const address = `10.255.${subscriber >> 8}.${subscriber & 255}`;
  return sidecarNodeId(address, `pod-${subscriber}`, namespaceOf(subscriber), DEFAULT_CLUSTER_DOMAIN);
}

export function plansOf(subscriber: number, { mode, services, each }: SubscriberPlace): readonly TypePlan[] {
  return mode === 'named' ? namedPlans(servicesOf(subscriber, each, services)) : wildcardPlans(subscriber, services);
}

/** Cluster, endpoints and routes of each Service have the same name. */
function namedPlans(services: readonly number[]): readonly TypePlan[] {
  const subscribe = services.map(clusterOf);
  const { clusters, endpoints, routes } = TYPE_URLS;
  return [clusters, endpoints, routes].map((typeUrl) => ({ typeUrl, subscribe, expected: subscribe.length }));
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
