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
