// Ports that workers share are theirs alone, with real sockets on loopback.
import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import type { ListenerSpec, SocketAddressSpec } from '../../../src/model/listener-spec.ts';
import { type Grant, PortClaims } from '../../../src/workers/port-claims.ts';
import { ListLog } from '../../support/list-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const HOST = '127.67.0.1';
const servers: Server[] = [];
let clock: ManualClock;
let log: ListLog;
let claims: PortClaims;
let grants: Grant[];

beforeEach(() => {
  clock = new ManualClock();
  log = new ListLog();
  claims = new PortClaims({ clock, log, rebindMs: 1_000 });
  grants = [];
});

afterEach(() => {
  claims.close();
  for (const { release } of grants) release();
  for (const server of servers.splice(0)) server.close();
});

function listener(address: SocketAddressSpec, name = 'out'): ListenerSpec {
  return { name, address, additionalAddresses: [], filterChains: [] };
}

/** Somebody who listens. */
async function taken(reusePort: boolean): Promise<number> {
  const server = createServer().listen({ host: HOST, port: 0, reusePort });
  servers.push(server);
  await once(server, 'listening');
  const address = server.address();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

function claim(spec: ListenerSpec): Promise<void> {
  return claims.claim(spec, (grant) => grants.push(grant));
}

describe('PortClaims', () => {
  it('chooses a port where any may be had, holds it until the workers listen, and remembers it', async () => {
    await claim(listener({ host: HOST, port: 0 }));
    const { port } = grants[0]?.spec.address ?? { port: 0 };
    expect(port).toBeGreaterThan(0);
    const other = createServer();
    other.listen({ host: HOST, port });
    const [error] = await once(other, 'error');
    expect(error).toMatchObject({ code: 'EADDRINUSE' });
    expect(claims.known(listener({ host: HOST, port: 0 }))?.address).toEqual({ host: HOST, port });
    // A worker may listen meanwhile.
    servers.push(createServer().listen({ host: HOST, port, reusePort: true }));
    await once(servers[0] as Server, 'listening');
  });

  it('refuses who comes before the workers listen, and lets go of the port all the same', async () => {
    await claim(listener({ host: HOST, port: 0 }));
    const { port } = grants[0]?.spec.address ?? { port: 0 };
    const caller = connect(port, HOST);
    const [error] = await once(caller, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    grants[0]?.release();
    servers.push(createServer().listen({ host: HOST, port }));
    await once(servers[0] as Server, 'listening');
  });

  it.each([true, false])(
    'does not give a port to workers that another program has (it shares ports: %s), and says so once',
    async (shares) => {
      const port = await taken(shares);
      await claim(listener({ host: HOST, port }));
      expect(grants).toEqual([]);
      const problem = `${HOST}:${port} is taken by another program; find it with "ss -ltnp" and stop it, or give this listener another address`;
      expect(claims.problems).toEqual([problem]);
      expect(log.take()).toEqual([`error ${problem}; it is tried again every 1000 ms`]);
      servers.pop()?.close();
      clock.advance(1_000);
      await until('the port is free', () => grants.length === 1);
      expect(claims.problems).toEqual([]);
      expect(log.take()).toEqual([]);
    },
  );

  it('needs no look at a listener whose addresses stay', async () => {
    const port = await freePort();
    await claim(listener({ host: HOST, port }));
    // The workers listen now.
    servers.push(createServer().listen({ host: HOST, port, reusePort: true }));
    await once(servers[0] as Server, 'listening');
    const changed = { ...listener({ host: HOST, port }), originalDestination: 'match' as const };
    expect(claims.known(changed)).toEqual(changed);
  });

  it('knows the addresses that workers have when one more is added, be it in two steps', async () => {
    const port = await freePort();
    await claim(listener({ host: HOST, port }));
    servers.push(createServer().listen({ host: HOST, port, reusePort: true }));
    await once(servers[0] as Server, 'listening');
    const busy = await taken(false);
    await claim({ ...listener({ host: HOST, port }), additionalAddresses: [{ host: HOST, port: busy }] });
    expect(grants).toHaveLength(1);
    await claim(listener({ host: HOST, port }));
    expect(grants).toHaveLength(2);
  });

  it('does not meet itself where a listener changes while its ports are looked at', async () => {
    const spec = listener({ host: HOST, port: await freePort() });
    await Promise.all([claim(spec), claim({ ...spec, originalDestination: 'match' })]);
    expect(grants.map((grant) => grant.spec.originalDestination)).toEqual(['match']);
    expect(log.take()).toEqual([]);
  });

  it('gives nothing to a listener that is gone meanwhile', async () => {
    const port = await taken(false);
    await claim(listener({ host: HOST, port }));
    claims.release('out');
    expect(claims.problems).toEqual([]);
    expect(clock.pendingTimers).toBe(0);
  });
});

async function freePort(): Promise<number> {
  const port = await taken(false);
  const server = servers.pop() as Server;
  server.close();
  await once(server, 'close');
  return port;
}
