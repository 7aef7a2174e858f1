// Answers that are sent again for what their heads say beyond the status, compiled: gRPC's status, and fields of any name.
import type { RetryCondition } from '../../model/retry-policy-spec.ts';
import type { HeaderMatcherSpec } from '../../model/route-match-spec.ts';
import type { ResponseHead } from '../codec/head.ts';
import { compileHeaderCondition, type HeadCondition } from './header-condition.ts';

export type AnswerCondition = HeadCondition<ResponseHead>;

/** Source: grpc/grpc doc/statuscodes.md. */
const GRPC_STATUSES: Readonly<Partial<Record<RetryCondition, string>>> = {
  cancelled: '1',
  'deadline-exceeded': '4',
  'resource-exhausted': '8',
  internal: '13',
  unavailable: '14',
};

/** Null = no head has to be looked into. Throws for a pattern that is not RE2's. */
export function compileAnswerCondition(
  on: readonly RetryCondition[],
  headers: readonly HeaderMatcherSpec[],
): AnswerCondition | null {
  const grpc = new Set(on.flatMap((condition) => GRPC_STATUSES[condition] ?? []));
  const conditions: AnswerCondition[] = [];
  if (grpc.size > 0) conditions.push({ matches: (head) => grpc.has(head.get('grpc-status') ?? '') });
  if (on.includes('retriable-headers')) {
    for (const spec of headers) conditions.push(compileHeaderCondition(spec, fieldOf));
  }
  if (conditions.length === 0 && !on.includes('envoy-ratelimited')) return null;
  return { matches: (head) => conditions.some((condition) => condition.matches(head)) };
}

function fieldOf(head: ResponseHead, name: string): string | null {
  return name === ':status' ? `${head.status}` : head.get(name);
}
