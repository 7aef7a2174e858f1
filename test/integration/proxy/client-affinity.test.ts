// Promises of `sessionAffinity: ClientIP` on real sockets: requests, tunnels and plain connections of one client go to one pod, others to others.

import { once } from 'node:events';
import { connect } from 'node:net';
import type { FilterChainSpec } from '../../../src/model/listener-spec.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions, type TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, RawClient } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();
afterEach(async () => {
  await stage.close();
  pods.close();
});

const TIMEOUT_MS = 60_000;
const CLUSTER = { loadBalancer: 'maglev', clientAffinity: { timeoutMs: TIMEOUT_MS } } as const;

async function planeOf(services: readonly TestAddress[], more: LivePlaneOptions = {}): Promise<LivePlane> {
  return stage.plane({ services: { web: services }, cluster: CLUSTER, ...more });
}

/** Who answers a request that comes from `from`, an address of this machine. */
async function askFrom(plane: LivePlane, from: string): Promise<string> {
  const socket = connect({ port: plane.port, host: '127.0.0.1', localAddress: from });
  await once(socket, 'connect');
  socket.write(get('web', '/', 'Connection: close\r\n'));
  let text = '';
  for await (const piece of socket) text += String(piece);
  return text.split('\r\n\r\n')[1]?.split(' ')[0] ?? '';
}

describe('requests of one client', () => {
  it('go to one pod, over whatever connection, and those of 30 clients to all three', async () => {
    const plane = await planeOf(await stage.backends(3));
    const homes: string[] = [];
    for (let index = 1; index <= 30; index += 1) homes.push(await askFrom(plane, `127.0.9.${index}`));
    expect([...new Set(homes)].sort()).toEqual(['a', 'b', 'c']);
    for (let index = 1; index <= 30; index += 1) {
      expect(await askFrom(plane, `127.0.9.${index}`)).toBe(homes[index - 1]);
    }
    expect(plane.stat('cluster.web.client_affinity_clients')).toBe(30);
  });

  it('stay when pods come, leave a pod that terminates, and are free when their time is over', async () => {
    const clock = new ManualClock();
    const backends = await stage.backends(6);
    const plane = await planeOf(backends.slice(0, 2), { clock });
    const client = await plane.client();
    const ask = async () => (await client.ask(get('web'))).text.split(' ')[0];
    const home = await ask();
    plane.setEndpoints('web', backends);
    for (let i = 0; i < 5; i += 1) expect(await ask()).toBe(home);
    const addresses = backends.map(({ host, port }) => ({ host, port }));
    const at = 'abcdef'.indexOf(home ?? '');
    plane.setEndpoints(
      'web',
      addresses.with(at, { ...(addresses[at] as TestAddress), health: 'draining' } as TestAddress),
    );
    const next = await ask();
    expect(next).not.toBe(home);
    plane.setEndpoints('web', backends);
    expect(await ask()).toBe(next);
    expect(plane.stat('cluster.web.client_affinity_moved')).toBe(1);
    clock.advance(TIMEOUT_MS);
    await ask();
    expect(plane.stat('cluster.web.client_affinity_clients')).toBe(1);
  });

  it('of two pods over their loopbacks are those of two clients, whose sidecars know whose they are', async () => {
    const backends = await stage.backends(3);
    const homes = new Set<string>();
    for (let pod = 1; pod <= 12; pod += 1) {
      const plane = await planeOf(backends, { ownAddress: `10.1.0.${pod}` });
      const again = await planeOf(backends, { ownAddress: `10.1.0.${pod}` });
      const home = await askFrom(plane, '127.0.0.1');
      // A sidecar that has just started, and one with other workers, come to the same.
      expect(await askFrom(again, '127.0.0.1')).toBe(home);
      homes.add(home);
    }
    expect(homes.size).toBe(3);
  });
});

async function askThroughTunnel(plane: LivePlane): Promise<string> {
  const client = await RawClient.connect(plane.port);
  await client.ask('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n');
  client.send(get('inside', '/'));
  const answer = await client.answer();
  client.socket.destroy();
  return answer.text.split(' ')[0] ?? '';
}

const TCP = { statPrefix: 'db', cluster: 'web', idleTimeoutMs: 0, maxConnectAttempts: 2 };

describe('connections of one client', () => {
  const chain: FilterChainSpec = {
    ...{ name: '', match: {} },
    filter: { kind: 'tcp', tcp: TCP },
  };

  const named = (name: string) => pods.pod((socket) => void socket.end(name));

  async function greetedFrom(port: number, from: string): Promise<string> {
    const socket = connect({ port, host: '127.0.0.1', localAddress: from });
    let text = '';
    for await (const piece of socket) text += String(piece);
    return text;
  }

  it('go to one pod through a TCP proxy, and those of 30 clients to all three', async () => {
    const three = [await named('a'), await named('b'), await named('c')];
    const plane = await planeOf(three);
    const address = { host: '127.0.0.1', port: 0 };
    const tcp = { name: LISTENER, address, additionalAddresses: [], filterChains: [chain] };
    plane.apply({ listeners: { upserted: [tcp], removed: [] } });
    await until('it listens', () => plane.plane.readiness().ready);
    const homes: string[] = [];
    for (let index = 1; index <= 30; index += 1) homes.push(await greetedFrom(plane.port, `127.0.8.${index}`));
    expect([...new Set(homes)].sort()).toEqual(['a', 'b', 'c']);
    for (let index = 1; index <= 30; index += 1) {
      expect(await greetedFrom(plane.port, `127.0.8.${index}`)).toBe(homes[index - 1]);
    }
  });

  it('are hashed by their address where tcp_proxy says so, with no memory of it', async () => {
    const three = [await named('a'), await named('b'), await named('c')];
    const plane = await stage.plane({ services: { web: three }, cluster: { loadBalancer: 'maglev' } });
    const tcp = { ...chain.filter, tcp: { ...TCP, hashesClients: true as const } };
    const address = { host: '127.0.0.1', port: 0 };
    const listener = { name: LISTENER, address, additionalAddresses: [], filterChains: [{ ...chain, filter: tcp }] };
    plane.apply({ listeners: { upserted: [listener], removed: [] } });
    await until('it listens', () => plane.plane.readiness().ready);
    const homes = new Set<string>();
    for (let index = 1; index <= 12; index += 1) {
      const seen = new Set<string>();
      for (let turn = 0; turn < 3; turn += 1) seen.add(await greetedFrom(plane.port, `127.0.7.${index}`));
      expect(seen.size).toBe(1);
      homes.add([...seen].join());
    }
    expect(homes.size).toBe(3);
    expect(plane.stat('cluster.web.client_affinity_clients')).toBeNaN();
  });

  it('are hashed by their address in a tunnel whose route says so', async () => {
    const backends = await stage.backends(5);
    const hashPolicies = [{ kind: 'source-ip' } as const];
    const options = { cluster: { loadBalancer: 'maglev' }, action: { hashPolicies }, ownAddress: '10.1.0.4' } as const;
    const plane = await stage.plane({ services: { web: backends }, ...options });
    const home = await askFrom(plane, '127.0.0.1');
    for (let i = 0; i < 3; i += 1) expect(await askThroughTunnel(plane)).toBe(home);
  });

  it('go through a tunnel to the pod that their requests go to', async () => {
    const backends = await stage.backends(5);
    const plane = await planeOf(backends, { ownAddress: '10.1.0.4' });
    const home = await askFrom(plane, '127.0.0.1');
    for (let i = 0; i < 3; i += 1) expect(await askThroughTunnel(plane)).toBe(home);
  });
});
