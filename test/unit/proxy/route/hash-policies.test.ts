// What requests are hashed by: what finds nothing says nothing, hashes join, and a terminal one ends the search.
import { Word64 } from '../../../../src/base/word64.ts';
import { XxHash64 } from '../../../../src/base/xx-hash64.ts';
import type { CookieHashSpec, HashPolicySpec } from '../../../../src/model/hash-policy-spec.ts';
import { HashPolicies } from '../../../../src/proxy/route/hash-policies.ts';
import { requestHead } from '../codec/http1/heads.ts';

const MASK = (1n << 64n) - 1n;
const big = ({ high, low }: Word64): bigint => (BigInt(high) << 32n) | BigInt(low);
const xx = (text: string): bigint => big(new XxHash64().hash(text, 0, text.length));
const joined = (first: bigint, second: bigint): bigint => (((first << 1n) | (first >> 63n)) & MASK) ^ second;

const HEAD = ['GET /shop?user=7&user=8 HTTP/1.1', 'Host: a.test', 'X-Key: k', 'X-Many: b', 'X-Many: a', 'Cookie: id=c'];
const headWith = (cookie: string): string[] => [...HEAD.slice(0, -1), `Cookie: ${cookie}`];

interface Outcome {
  /** Null = nothing to hash. */
  readonly hash: bigint | null;
  readonly made: readonly CookieHashSpec[];
}

function compute(policies: readonly HashPolicySpec[], head = HEAD, client: string | null = '10.0.0.7'): Outcome {
  const made: CookieHashSpec[] = [];
  const makeCookie = (spec: CookieHashSpec): string => {
    made.push(spec);
    return 'fresh';
  };
  const into = new Word64();
  const found = HashPolicies.compile(policies)?.compute({ head: requestHead(head), client, makeCookie }, into);
  return { hash: found === true ? big(into) : null, made };
}

const header = (name: string): HashPolicySpec => ({ kind: 'header', name });
const terminal = (policy: HashPolicySpec): HashPolicySpec => ({ ...policy, terminal: true });

describe('the hash of a request', () => {
  it('is none without policies', () => {
    expect(HashPolicies.compile(undefined)).toBeNull();
    expect(HashPolicies.compile([])).toBeNull();
  });

  it.each<readonly [string, HashPolicySpec, string | null]>([
    ['a header', header('x-key'), 'k'],
    ['the authority', header(':authority'), 'a.test'],
    ['the method', header(':method'), 'GET'],
    ['a header that is not there', header('x-none'), null],
    ['a cookie', { kind: 'cookie', name: 'id' }, 'c'],
    ['a cookie that is not there and is not to be made', { kind: 'cookie', name: 'none' }, null],
    ['the first query parameter of a name', { kind: 'query-parameter', name: 'user' }, '7'],
    ['a query parameter that is not there', { kind: 'query-parameter', name: 'us' }, null],
    ['the caller’s address', { kind: 'source-ip' }, '10.0.0.7'],
  ])('may be of %s', (_what, policy, text) => {
    expect(compute([policy]).hash).toBe(text === null ? null : xx(text));
  });

  it('is none of a caller whom nobody knows', () => {
    expect(compute([{ kind: 'source-ip' }], HEAD, null).hash).toBeNull();
  });

  it('does not look at the order of several fields of one name', () => {
    const other = [...HEAD.slice(0, 3), ...HEAD.slice(3).toReversed()];
    expect(compute([header('x-many')]).hash).toBe(compute([header('x-many')], other).hash);
    expect(compute([header('x-many')]).hash).not.toBe(xx('a'));
  });

  it('joins what several policies find, so that the same text twice does not cancel out', () => {
    expect(compute([header('x-key'), { kind: 'cookie', name: 'id' }]).hash).toBe(joined(xx('k'), xx('c')));
    expect(compute([header('x-key'), header('x-key')]).hash).toBe(joined(xx('k'), xx('k')));
    expect(compute([header('x-none'), header('x-key'), header('x-none')]).hash).toBe(xx('k'));
  });

  it('ends with a terminal policy that finds something, or has found something before', () => {
    expect(compute([terminal(header('x-key')), { kind: 'source-ip' }]).hash).toBe(xx('k'));
    expect(compute([terminal(header('x-none')), header('x-key')]).hash).toBe(xx('k'));
    expect(compute([header('x-key'), terminal(header('x-none')), { kind: 'source-ip' }]).hash).toBe(xx('k'));
  });

  it('is of what a pattern leaves of a header', () => {
    const rewrite = { pattern: '^(.).*', substitution: '\\1' };
    expect(compute([{ kind: 'header', name: ':authority', rewrite }]).hash).toBe(xx('a'));
  });

  it('makes a cookie where there is none or an empty one, and hashes its value', () => {
    const policy: CookieHashSpec = { kind: 'cookie', name: 'cart', ttlMs: 0 };
    expect(compute([policy])).toEqual({ hash: xx('fresh'), made: [policy] });
    expect(compute([policy], headWith('cart='))).toEqual({ hash: xx('fresh'), made: [policy] });
    expect(compute([policy], headWith('cart=7'))).toEqual({ hash: xx('7'), made: [] });
  });
});
