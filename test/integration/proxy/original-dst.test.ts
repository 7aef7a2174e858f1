// Promises of redirected connections: chains are chosen by where they were going, and an ORIGINAL_DST cluster goes there.
import type { Socket } from 'node:net';
import type { FilterChainSpec, ListenerSpec, SocketAddressSpec } from '../../../src/model/listener-spec.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

function tcp(cluster: string, destinationPort?: number): FilterChainSpec {
  const spec = { statPrefix: cluster, cluster, idleTimeoutMs: 0, maxConnectAttempts: 1 };
  return {
    name: '',
    match: destinationPort === undefined ? {} : { destinationPort },
    filter: { kind: 'tcp', tcp: spec },
  };
}

/** Every connection was going to what `destination` says then. */
async function intercepted(
  destination: () => SocketAddressSpec | null,
  filterChains: readonly FilterChainSpec[],
  options: LivePlaneOptions = {},
): Promise<LivePlane> {
  const plane = await stage.plane({ ...options, originalDestination: { of: (_socket: Socket) => destination() } });
  const spec: ListenerSpec = {
    ...{ name: LISTENER, address: { host: '127.0.0.1', port: 0 }, additionalAddresses: [], filterChains },
    originalDestination: 'match',
  };
  const passthrough = { ...plane.cluster('passthrough'), discovery: { kind: 'original-dst' as const } };
  plane.apply({
    clusters: { upserted: [passthrough], removed: [] },
    listeners: { upserted: [spec], removed: [] },
  });
  await until('it listens', () => plane.plane.readiness().ready);
  return plane;
}

describe('a redirected connection', () => {
  it('goes where it was going, byte for byte, through an ORIGINAL_DST cluster', async () => {
    const [a, b] = [await pods.named('a'), await pods.named('b')];
    let destination: SocketAddressSpec = a;
    const plane = await intercepted(() => destination, [tcp('passthrough')]);
    for (const [to, name] of [
      [a, 'a'],
      [b, 'b'],
      [a, 'a'],
    ] as const) {
      destination = { host: to.host, port: to.port };
      const client = await plane.client();
      expect(await client.rest()).toBe(name);
      await client.finish();
    }
    expect((await plane.logged(1)).upstreamHost).toBe(`127.0.0.1:${b.port}`);
    expect(plane.stat('cluster.passthrough.membership_total')).toBe(2);
  });

  it('is let go of with its endpoint, 5 s after the last one who went there', async () => {
    const clock = new ManualClock();
    const pod = await pods.echo();
    const plane = await intercepted(() => pod, [tcp('passthrough')], { clock });
    const client = await plane.client();
    client.send('x');
    await client.read(1);
    clock.advance(6_000);
    expect(plane.stat('cluster.passthrough.membership_total')).toBe(1);
    await client.finish();
    await plane.logged(0);
    clock.advance(6_000);
    expect(plane.stat('cluster.passthrough.membership_total')).toBe(0);
  });

  it('is told apart by the port that it was going to', async () => {
    const [db, other] = [await pods.named('db'), await pods.named('other')];
    let port = 5_432;
    const plane = await intercepted(() => ({ host: '10.96.0.9', port }), [tcp('db', 5_432), tcp('other')], {
      services: { db: [db], other: [other] },
    });
    for (const expected of ['db', 'other']) {
      const client = await plane.client();
      expect(await client.rest()).toBe(expected);
      await client.finish();
      port = 80;
    }
  });

  it('that was not redirected has nowhere to go: UH', async () => {
    const plane = await intercepted(() => null, [tcp('passthrough')]);
    const client = await plane.client();
    await client.finish();
    expect(await plane.logged(0)).toMatchObject({ flags: 'UH', upstreamHost: '' });
    expect((await plane.logged(0)).details).toContain('this one was not redirected');
  });

  it('to the listener itself is no loop: it counts as not redirected', async () => {
    let port = 0;
    const plane = await intercepted(() => ({ host: '127.0.0.1', port }), [tcp('passthrough')]);
    port = plane.port;
    const client = await plane.client();
    await client.finish();
    expect((await plane.logged(0)).flags).toBe('UH');
  });
});

describe('a listener that hands connections over', () => {
  async function handingOver(destination: () => SocketAddressSpec | null, unbound: readonly SocketAddressSpec[]) {
    const [own, ...others] = await Promise.all(
      ['own', ...unbound.map((_, index) => `${index}`)].map((one) => pods.named(one)),
    );
    const services = Object.fromEntries([...others.entries()].map(([index, pod]) => [`pod${index}`, [pod]]));
    const plane = await intercepted(destination, [tcp('own')], {
      services: { own: own === undefined ? [] : [own], ...services },
    });
    const base = { additionalAddresses: [] };
    const handing: ListenerSpec = {
      ...{ ...base, name: LISTENER, address: { host: '127.0.0.1', port: 0 }, filterChains: [tcp('own')] },
      originalDestination: 'hand-over',
    };
    const taking = unbound.map(
      (address, index): ListenerSpec => ({
        ...{ ...base, name: `to ${index}`, address, filterChains: [tcp(`pod${index}`)], bindToPort: false },
      }),
    );
    plane.apply({ listeners: { upserted: [handing, ...taking], removed: [] } });
    expect(plane.plane.readiness().ready).toBe(true);
    return plane;
  }

  async function answerOf(plane: LivePlane): Promise<string> {
    const client = await plane.client();
    const answer = await client.rest();
    await client.finish();
    return answer;
  }

  it('gives them to the one at their address, else at every address with their port, else takes them itself', async () => {
    let destination: SocketAddressSpec | null = null;
    const plane = await handingOver(
      () => destination,
      [
        { host: '10.96.0.5', port: 80 },
        { host: '0.0.0.0', port: 81 },
        { host: '10.96.0.6', port: 81 },
        { host: 'fd00::5', port: 80 },
      ],
    );
    const found = [];
    for (const [host, port] of [
      ['10.96.0.5', 80],
      ['10.96.0.7', 81],
      ['10.96.0.6', 81],
      ['fd00::5', 80],
      ['10.96.0.5', 82],
    ] as const) {
      destination = { host, port };
      found.push(await answerOf(plane));
    }
    destination = null;
    found.push(await answerOf(plane));
    expect(found).toEqual(['0', '1', '2', '3', 'own', 'own']);
    expect(plane.stat('listener.10.96.0.5:80.downstream_cx_total')).toBe(1);
  });

  it('gives them to nobody who is gone, and connections that were given stay', async () => {
    const pod = await pods.echo();
    const plane = await handingOver(() => ({ host: '10.96.0.5', port: 80 }), [{ host: '10.96.0.5', port: 80 }]);
    plane.setEndpoints('pod0', [pod]);
    const client = await plane.client();
    client.send('a');
    expect((await client.read(1)).toString()).toBe('a');
    plane.apply({ listeners: { upserted: [], removed: ['to 0'] } });
    client.send('b');
    expect((await client.read(1)).toString()).toBe('b');
    await client.finish();
    expect(await answerOf(plane)).toBe('own');
  });
});
