// The sidecar's own resolver: who is asked for which name, and how long an answer lives.
import { SystemResolver } from '../../../src/app/system-resolver.ts';
import { codeOf } from '../../../src/base/coded-error.ts';
import { ScriptedDnsServer } from '../../support/scripted-dns-server.ts';

/** A label may have 63 characters: nobody's network is asked for this one. */
const NOBODY = `${'x'.repeat(64)}.example`;

let server: ScriptedDnsServer;
let resolver: SystemResolver;

beforeEach(async () => {
  server = await ScriptedDnsServer.start();
  resolver = new SystemResolver([server.address]);
});

afterEach(() => server.close());

/** The code of a failure. */
function failure(name: string, family: 4 | 6, wantTtl: boolean): Promise<string> {
  return resolver.resolve(name, family, wantTtl).then(
    ({ addresses }) => `found ${addresses.join()}`,
    (error: unknown) => codeOf(error),
  );
}

describe('the system resolver', () => {
  it('finds localhost and names below it on this machine, without asking a server, whether its life matters or not', async () => {
    for (const name of ['localhost', 'LocalHost.', 'web.localhost']) {
      for (const wantTtl of [true, false]) {
        expect(await resolver.resolve(name, 4, wantTtl)).toEqual({ addresses: ['127.0.0.1'], ttlMs: null });
      }
    }
    expect(server.asked).toEqual([]);
  });

  it('asks DNS where the life of an answer matters, and tells the shortest of its records', async () => {
    server.records.set('web.example A', [
      { address: '10.0.0.2', ttlSeconds: 60 },
      { address: '10.0.0.1', ttlSeconds: 30 },
    ]);
    server.records.set('web.example AAAA', [{ address: 'fd00:0:0:0:0:0:0:1', ttlSeconds: 5 }]);
    const found = await resolver.resolve('web.example', 4, true);
    expect([found.addresses.toSorted(), found.ttlMs]).toEqual([['10.0.0.1', '10.0.0.2'], 30_000]);
    expect(await resolver.resolve('web.example', 6, true)).toEqual({ addresses: ['fd00::1'], ttlMs: 5_000 });
    expect(server.asked).toEqual(['web.example A', 'web.example AAAA']);
  });

  it("asks this machine's own way after a name that DNS does not know, and tells its error", async () => {
    // A literal is what every machine knows and no DNS server does.
    expect(await resolver.resolve('127.0.0.7', 4, true)).toEqual({ addresses: ['127.0.0.7'], ttlMs: null });
    expect(server.asked).toEqual(['127.0.0.7 A']);
    expect(await failure(NOBODY, 4, true)).toBe('ENOTFOUND');
  });

  it('asks no server of its own where the life of an answer does not matter', async () => {
    expect(await failure(NOBODY, 4, false)).toBe('ENOTFOUND');
    expect(await failure('127.0.0.7', 4, false)).toBe('found 127.0.0.7');
    expect(server.asked).toEqual([]);
  });
});
