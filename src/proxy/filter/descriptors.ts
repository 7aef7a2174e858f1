// Which buckets a request takes tokens of, besides that for all: by what it has to say for each action.
import type { DescriptorEntry, DescriptorLimitsSpec, RateLimitActionSpec } from '../../model/local-rate-limit-spec.ts';
import { compileCondition, type RequestCondition } from '../route/request-condition.ts';
import type { FilterCall } from './http-filter.ts';
import type { TokenBucket } from './token-bucket.ts';

/** Null: there is no descriptor. `true`: this entry is not in it. */
type EntryOf = (call: FilterCall) => DescriptorEntry | null | true;

/** Compiled. As many buckets as are configured, whatever requests say. */
export class Descriptors {
  /** They take none of the bucket for all. */
  readonly instead: boolean;
  readonly #makers: readonly (readonly EntryOf[])[];
  readonly #buckets: ReadonlyMap<string, TokenBucket>;

  /** `buckets`: of each of `spec.buckets`, in their order. */
  constructor(spec: DescriptorLimitsSpec, buckets: readonly TokenBucket[]) {
    this.instead = spec.instead === true;
    this.#makers = spec.actions.map((actions) => actions.map(compileAction));
    this.#buckets = new Map(spec.buckets.map(({ entries }, i) => [idOf(entries), buckets[i] as TokenBucket]));
  }

  /** Those that are the slowest to fill come first, as in Envoy. */
  bucketsOf(call: FilterCall): readonly TokenBucket[] {
    const found = new Set<TokenBucket>();
    for (const makers of this.#makers) {
      const entries = describe(makers, call);
      const bucket = entries === null ? undefined : this.#buckets.get(idOf(entries));
      if (bucket !== undefined) found.add(bucket);
    }
    return [...found].sort((left, right) => left.tokensPerMs - right.tokensPerMs);
  }
}

function describe(makers: readonly EntryOf[], call: FilterCall): readonly DescriptorEntry[] | null {
  const entries: DescriptorEntry[] = [];
  for (const make of makers) {
    const entry = make(call);
    if (entry === null) return null;
    if (entry !== true) entries.push(entry);
  }
  return entries;
}

function idOf(entries: readonly DescriptorEntry[]): string {
  return JSON.stringify(entries.map(({ key, value }) => [key, value]));
}

function compileAction(action: RateLimitActionSpec): EntryOf {
  switch (action.kind) {
    case 'generic-key': {
      const entry = { key: action.key, value: action.value };
      return () => entry;
    }
    case 'request-header':
      return ({ head }) => {
        const value = head.get(action.name);
        if (value === null) return action.optional === true ? true : null;
        return { key: action.key, value };
      };
    case 'remote-address':
      return ({ client }) => (client === null ? null : { key: 'remote_address', value: client });
    case 'header-match': {
      const entry = { key: action.key, value: action.value };
      const condition = compileCondition({ headers: action.headers }) as RequestCondition;
      return ({ head }) => (condition.matches(head) === action.matches ? entry : null);
    }
  }
}
