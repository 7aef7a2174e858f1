// What requests are hashed by, compiled. It runs only for clusters whose load balancer asks for a hash.
import { Word64 } from '../../base/word64.ts';
import { XxHash64 } from '../../base/xx-hash64.ts';
import type { CookieHashSpec, HashPolicySpec, HashRewriteSpec } from '../../model/hash-policy-spec.ts';
import { compileRegex, compileSubstitution } from '../../regex/compile-regex.ts';
import { cookieOf } from '../codec/cookie.ts';
import type { RequestHead } from '../codec/head.ts';
import { fieldValue, parameterOf } from './request-condition.ts';

export interface HashedRequest {
  readonly head: RequestHead;
  /** The caller's address, without its port; null = nobody knows. */
  readonly client: string | null;
  /** The request has no such cookie: gives its caller one, and answers its value. */
  makeCookie(spec: CookieHashSpec): string;
}

/** Longer values than this are not made by a rewrite, characters. */
const MAX_REWRITTEN = 65_536;

/** What a policy hashes, one text or several one after the other; null = nothing. */
type Find = (request: HashedRequest) => string | readonly string[] | null;

interface Policy {
  readonly find: Find;
  readonly terminal: boolean;
}

export class HashPolicies {
  readonly #policies: readonly Policy[];
  readonly #xxHash = new XxHash64();
  /** The caller's address is among what is hashed: all that connections have of it. */
  readonly clients: boolean;

  private constructor(policies: readonly Policy[], clients: boolean) {
    this.#policies = policies;
    this.clients = clients;
  }

  /** Null = nothing is hashed. Throws for a pattern that is not RE2's; decoders let none through. */
  static compile(specs: readonly HashPolicySpec[] | undefined): HashPolicies | null {
    if (specs === undefined || specs.length === 0) return null;
    const policies = specs.map((spec) => ({ find: compileFind(spec), terminal: spec.terminal === true }));
    return new HashPolicies(
      policies,
      specs.some(({ kind }) => kind === 'source-ip'),
    );
  }

  /** `false`: the request has nothing that could be hashed, and `into` means nothing. */
  compute(request: HashedRequest, into: Word64): boolean {
    let found = false;
    for (const { find, terminal } of this.#policies) {
      const text = find(request);
      if (text !== null) {
        const hash = this.#hashOf(text);
        // Turned first, so that the same text twice does not come to nothing.
        if (found) {
          into.rotateLeft(1);
          into.xor(hash);
        } else {
          into.copy(hash);
          found = true;
        }
      }
      if (found && terminal) break;
    }
    return found;
  }

  /** Of several texts each one's hash is the seed of the next. */
  #hashOf(text: string | readonly string[]): Word64 {
    if (typeof text === 'string') return this.#xxHash.hash(text, 0, text.length);
    const seed = new Word64();
    for (const one of text) seed.copy(this.#xxHash.hash(one, 0, one.length, seed.high, seed.low));
    return seed;
  }
}

function compileFind(spec: HashPolicySpec): Find {
  switch (spec.kind) {
    case 'header':
      return headerFind(spec.name, compileRewrite(spec.rewrite));
    case 'cookie':
      return cookieFind(spec);
    case 'source-ip':
      return ({ client }) => client;
    case 'query-parameter':
      return ({ head }) => parameterOf(head.path, spec.name);
  }
}

type Rewrite = (value: string) => string;

function headerFind(name: string, rewrite: Rewrite | null): Find {
  return ({ head }) => {
    const first = fieldValue(head, name);
    if (first === null) return null;
    const field = head.find(name);
    const second = field < 0 ? -1 : head.find(name, field + 1);
    if (second < 0) return rewrite === null ? first : rewrite(first);
    const values = [first];
    for (let at = second; at >= 0; at = head.find(name, at + 1)) values.push(head.valueAt(at));
    // In whatever order they came.
    return (rewrite === null ? values : values.map(rewrite)).sort();
  };
}

function compileRewrite(spec: HashRewriteSpec | undefined): Rewrite | null {
  if (spec === undefined) return null;
  const regex = compileRegex(spec.pattern);
  if (!regex.ok) throw new Error(regex.issues.map(({ message }) => message).join('; '));
  const substitution = compileSubstitution(spec.substitution, regex.value);
  if (!substitution.ok) throw new Error(substitution.issues.map(({ message }) => message).join('; '));
  return (value) => regex.value.replaceAll(value, substitution.value, MAX_REWRITTEN) ?? value;
}

function cookieFind(spec: CookieHashSpec): Find {
  return (request) => {
    // An empty cookie is none.
    const value = cookieOf(request.head, spec.name) || null;
    return value === null && spec.ttlMs !== undefined ? request.makeCookie(spec) : value;
  };
}
