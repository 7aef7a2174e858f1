// The system's resolver: DNS where the life of an answer matters, else whatever this machine calls a name (hosts file, search list).
import { type LookupAddress, lookup } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import type { DnsAnswer, DnsResolver } from '../proxy/upstream/dns-resolver.ts';

/** As many as c-ares makes by default; the asker gives up by itself. */
const TRIES = 2;
const TRY_TIMEOUT_MS = 2_000;

export class SystemResolver implements DnsResolver {
  readonly #dns = new Resolver({ timeout: TRY_TIMEOUT_MS, tries: TRIES });

  /** `servers`: `host:port` of the DNS servers to ask for answers whose life matters; absent = those of this machine. */
  constructor(servers?: readonly string[]) {
    if (servers !== undefined) this.#dns.setServers(servers);
  }

  /** Only DNS itself tells how long an answer lives; a name that it does not know may still stand in the hosts file. */
  async resolve(name: string, family: 4 | 6, wantTtl: boolean): Promise<DnsAnswer> {
    if (isLocal(name)) return lookUp('localhost', family);
    if (!wantTtl) return lookUp(name, family);
    try {
      const records = await (family === 4
        ? this.#dns.resolve4(name, { ttl: true })
        : this.#dns.resolve6(name, { ttl: true }));
      const ttlMs = Math.min(...records.map(({ ttl }) => ttl)) * 1_000;
      if (records.length > 0) return { addresses: records.map(({ address }) => address), ttlMs };
    } catch {
      // The system's own way decides, and its error is the one to tell.
    }
    return lookUp(name, family);
  }
}

/** RFC 6761 section 6.3: these are the machine itself; not every C library knows those with a dot. */
function isLocal(name: string): boolean {
  const bare = name.toLowerCase().replace(/\.$/, '');
  return bare === 'localhost' || bare.endsWith('.localhost');
}

function lookUp(name: string, family: 4 | 6): Promise<DnsAnswer> {
  return new Promise((resolve, reject) => {
    lookup(name, { family, all: true, order: 'verbatim' }, (error, found: readonly LookupAddress[]) => {
      if (error !== null) reject(error);
      else resolve({ addresses: [...new Set(found.map(({ address }) => address))], ttlMs: null });
    });
  });
}
