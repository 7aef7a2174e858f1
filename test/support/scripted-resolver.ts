// A resolver that answers what the test says, and remembers what it was asked.
import type { DnsAnswer, DnsResolver } from '../../src/proxy/upstream/dns-resolver.ts';

/** Addresses, with the life of the answer in ms; a text is the code of a failure; `null` never answers. */
export type ScriptedAnswer =
  | readonly string[]
  | { readonly addresses: readonly string[]; readonly ttlMs: number }
  | string
  | null;

export class ScriptedResolver implements DnsResolver {
  /** By `name family`, e.g. `a.example 4`; what is not here fails with ENOTFOUND. */
  readonly answers = new Map<string, ScriptedAnswer>();
  /** `name family`, with ` ttl` where the life was asked for; oldest first. */
  readonly asked: string[] = [];

  resolve(name: string, family: 4 | 6, wantTtl: boolean): Promise<DnsAnswer> {
    const key = `${name} ${family}`;
    this.asked.push(wantTtl ? `${key} ttl` : key);
    const answer = this.answers.get(key) ?? (this.answers.has(key) ? null : 'ENOTFOUND');
    if (answer === null) return new Promise(() => {});
    if (typeof answer === 'string') return Promise.reject(Object.assign(new Error(answer), { code: answer }));
    return Promise.resolve('ttlMs' in answer ? answer : { addresses: answer, ttlMs: null });
  }
}
