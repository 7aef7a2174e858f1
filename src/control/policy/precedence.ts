// Which of several TrafficPolicies counts, as Gateway API decides it.
import type { Located } from '../../kube/meta.ts';
import type { TrafficPolicy } from '../../kube/traffic-policy/traffic-policy.ts';
import { compare } from '../translate/backend.ts';

/**
 * The older one first; of equals the first by name. One that stands in a file has no age: it comes after those of an API server. Source: Gateway
 * API GEP-713, conflict resolution.
 */
export function byPrecedence(left: Located<TrafficPolicy>, right: Located<TrafficPolicy>): number {
  return compare(keyOf(left), keyOf(right));
}

/** `~` sorts behind every digit. */
function keyOf({ object: { metadata } }: Located<TrafficPolicy>): string {
  return `${metadata.creationTimestamp ?? '~'} ${metadata.namespace}/${metadata.name}`;
}
