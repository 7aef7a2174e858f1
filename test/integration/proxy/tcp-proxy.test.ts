// Promises of a listener's tcp_proxy: one connection to one endpoint, bytes untouched both ways, each side closing for itself.
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { FilterChainSpec, ListenerSpec, TcpProxySpec } from '../../../src/model/listener-spec.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { RawClient } from '../../support/raw-client.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

function tcp(change: Partial<TcpProxySpec> = {}): FilterChainSpec {
  const spec = { statPrefix: 'db', cluster: 'web', idleTimeoutMs: 3_600_000, maxConnectAttempts: 1, ...change };
  return { name: '', match: {}, filter: { kind: 'tcp', tcp: spec } };
}

function listener(change: Partial<TcpProxySpec> = {}): ListenerSpec {
  return {
    name: LISTENER,
    address: { host: '127.0.0.1', port: 0 },
    additionalAddresses: [],
    filterChains: [tcp(change)],
  };
}

/** A plane whose listener passes bytes on to the cluster `web`. */
async function proxied(options: LivePlaneOptions, change: Partial<TcpProxySpec> = {}): Promise<LivePlane> {
  const plane = await stage.plane(options);
  plane.apply({ listeners: { upserted: [listener(change)], removed: [] } });
  await until('it listens', () => plane.plane.readiness().ready);
  return plane;
}

describe('a TCP proxy', () => {
  it('carries bytes both ways, counts them and writes one line', async () => {
    const pod = await pods.echo();
    const plane = await proxied({ services: { web: [pod] } });
    const client = await plane.client();
    client.send('\x00\xffGET');
    expect((await client.read(5)).toString('latin1')).toBe('\x00\xffGET');
    expect(plane.stat('listener.127.0.0.1:0.downstream_cx_active')).toBe(1);
    expect(plane.plane.activeRequests).toBe(1);
    expect(await client.finish()).toBe('fin');
    expect(await plane.logged(0)).toMatchObject({
      ...{ protocol: 'TCP', method: '', status: 0, flags: '', details: '', attempts: 1 },
      ...{ bytesReceived: 5, bytesSent: 5, upstreamCluster: 'web', upstreamHost: `127.0.0.1:${pod.port}` },
    });
    const stats = ['downstream_cx_total', 'downstream_cx_rx_bytes_total', 'downstream_cx_tx_bytes_total'];
    expect(stats.map((name) => plane.stat(`tcp.db.${name}`))).toEqual([1, 5, 5]);
  });

  it('passes on what the pod says first', async () => {
    const greeting = await pods.pod((socket) => void socket.write('220 ready\r\n'));
    const plane = await proxied({ services: { web: [greeting] } });
    const client = await plane.client();
    expect((await client.read(11)).toString()).toBe('220 ready\r\n');
    client.end();
    greeting.accepted[0]?.end();
  });

  it('lets each side go on when the other has ended its own', async () => {
    let got = '';
    const pod = await pods.pod((socket) => {
      socket.end('bye');
      socket.on('data', (bytes: Buffer) => {
        got += bytes;
      });
    });
    const plane = await proxied({ services: { web: [pod] } });
    const client = await plane.client();
    expect(await client.rest()).toBe('bye');
    client.send('still here');
    await until('the pod has it', () => got === 'still here');
    client.end();
    expect((await plane.logged(0)).flags).toBe('');
  });

  it('resets the caller when the pod resets, and says UC', async () => {
    const pod = await pods.pod((socket) => {
      socket.once('data', () => socket.write('half', () => socket.resetAndDestroy()));
    });
    const plane = await proxied({ services: { web: [pod] } });
    const client = await plane.client();
    client.send('go');
    expect(await client.closed).toBe('ECONNRESET');
    expect((await plane.logged(0)).flags).toBe('UC');
  });

  it('resets the pod when the caller resets, and says DC', async () => {
    const pod = await pods.pod((socket) => void socket.resume());
    const plane = await proxied({ services: { web: [pod] } });
    const client = await plane.client();
    client.send('hello');
    await until('the pod has it', () => (pod.accepted[0]?.bytesRead ?? 0) > 0);
    client.reset();
    await until('the pod is let go', () => pod.accepted[0]?.errored !== null && pod.accepted[0]?.destroyed === true);
    expect((await plane.logged(0)).flags).toBe('DC');
  });

  it('spreads connections over the endpoints, and over clusters by weight', async () => {
    const [a, b, c] = [await pods.named('a'), await pods.named('b'), await pods.named('c')];
    const plane = await proxied({ services: { web: [a, b], web2: [c] } });
    const seen = async (count: number): Promise<string> => {
      let names = '';
      for (let i = 0; i < count; i += 1) {
        const client = await plane.client();
        names += await client.rest();
        await client.finish();
      }
      return [...names].sort().join('');
    };
    expect(await seen(4)).toBe('aabb');
    const cluster = [
      { name: 'web', weight: 0 },
      { name: 'web2', weight: 1 },
    ];
    plane.apply({ listeners: { upserted: [listener({ cluster })], removed: [] } });
    expect(await seen(3)).toBe('ccc');
  });

  it('tries another endpoint when one refuses, at most max_connect_attempts in all', async () => {
    const endpoints = [await stage.refusing(), await stage.refusing(), await pods.named('a')];
    const plane = await proxied({ services: { web: endpoints } }, { maxConnectAttempts: 3 });
    for (let i = 0; i < 3; i += 1) {
      const client = await plane.client();
      expect(await client.rest()).toBe('a');
      await client.finish();
    }
    plane.setEndpoints('web', endpoints.slice(0, 2));
    plane.apply({ listeners: { upserted: [listener({ maxConnectAttempts: 1 })], removed: [] } });
    const client = await plane.client();
    expect(await client.rest()).toBe('');
    expect(await plane.logged(3)).toMatchObject({ flags: 'UF', attempts: 1, bytesSent: 0 });
    expect(plane.stat('cluster.web.upstream_cx_connect_attempts_exceeded')).toBe(1);
  });

  it('closes the connection with UH where there is no endpoint', async () => {
    const plane = await proxied({ services: { web: [] } });
    const client = await plane.client();
    await client.finish();
    expect((await plane.logged(0)).flags).toBe('UH');
  });

  it('gives a connection up that does not come to be within the connect timeout', async () => {
    const clock = new ManualClock();
    const lookup: LookupFunction = () => {};
    const dial = (_host: string, port: number): Socket => connect({ host: 'never.test', port, lookup });
    const plane = await proxied({ services: { web: [{ host: '127.0.0.1', port: 1 }] }, clock, dial });
    const client = await plane.client();
    await until('it is dialled', () => plane.stat('cluster.web.upstream_cx_total') === 1);
    clock.advance(5_050);
    expect(await client.rest()).toBe('');
    expect((await plane.logged(0)).details).toContain('no connection within 5000 ms');
    expect(plane.stat('cluster.web.upstream_cx_connect_timeout')).toBe(1);
  });

  it('ends both sides when nothing has passed for the idle timeout, and not before', async () => {
    const clock = new ManualClock();
    const pod = await pods.echo();
    const plane = await proxied({ services: { web: [pod] }, clock }, { idleTimeoutMs: 10_000 });
    const client = await plane.client();
    for (let round = 0; round < 4; round += 1) {
      client.send('x');
      await client.read(1);
      clock.advance(9_000);
    }
    expect(plane.log).toHaveLength(0);
    clock.advance(20_100);
    expect(await client.rest()).toBe('');
    expect((await plane.logged(0)).details).toBe('idle_timeout');
    expect(plane.stat('tcp.db.idle_timeout')).toBe(1);
  });

  it('keeps its connections when its configuration changes, when its listener goes, and while the sidecar drains', async () => {
    const pod = await pods.echo();
    const plane = await proxied({ services: { web: [pod], web2: [] } });
    const client = await plane.client();
    client.send('a');
    await client.read(1);
    plane.apply({ listeners: { upserted: [listener({ cluster: 'web2', idleTimeoutMs: 1_000 })], removed: [] } });
    plane.apply({ listeners: { upserted: [], removed: [LISTENER] } });
    plane.plane.drain();
    await turns(20);
    client.send('b');
    expect((await client.read(1)).toString()).toBe('b');
    expect(plane.plane.activeRequests).toBe(1);
    await client.finish();
  });

  it('opens when its cluster serves, and not before', async () => {
    const pod = await pods.named('a');
    const plane = await stage.plane({ services: {} });
    const address = { host: '127.0.0.1', port: 0 };
    plane.apply({ listeners: { upserted: [{ ...listener(), name: 'tcp', address }], removed: [LISTENER] } });
    expect(plane.plane.listeners).toHaveLength(0);
    expect(plane.plane.readiness().waitingFor).toEqual(['cluster "web" of listener "tcp"']);
    plane.apply({ clusters: { upserted: [plane.cluster('web')], removed: [] } });
    plane.setEndpoints('web', [pod]);
    await until('it listens', () => plane.plane.readiness().ready);
    const client = await RawClient.connect(plane.port);
    expect(await client.rest()).toBe('a');
    await client.finish();
  });

  it('keeps the cluster that it names when that is removed', async () => {
    const pod = await pods.named('a');
    const plane = await proxied({ services: { web: [pod] } });
    plane.apply({ clusters: { upserted: [], removed: ['web'] } });
    const client = await plane.client();
    expect(await client.rest()).toBe('a');
    await client.finish();
    plane.apply({ listeners: { upserted: [], removed: [LISTENER] }, routes: { upserted: [], removed: ['routes'] } });
    expect(plane.plane.clusters).toEqual([]);
  });
});

describe('a large stream through a TCP proxy', () => {
  it('waits in bounded memory for whoever does not read, and arrives whole, both ways at once', async () => {
    const TOTAL = 8 * 1_048_576;
    const pour = (socket: Socket): void => void socket.end(Buffer.alloc(TOTAL, 'stream '));
    const count = { pod: 0, client: 0 };
    const pod = await pods.pod((socket) => {
      socket.pause();
      pour(socket);
    });
    const plane = await proxied({ services: { web: [pod] } });
    const socket = connect({ port: plane.port, host: '127.0.0.1', allowHalfOpen: true });
    pour(socket);
    socket.pause();
    await until('the pod has the connection', () => pod.accepted.length === 1);
    await turns(500);
    const counted = (side: 'client' | 'pod') => (bytes: Buffer) => {
      count[side] += bytes.length;
    };
    socket.on('data', counted('client')).resume();
    pod.accepted[0]?.on('data', counted('pod')).resume();
    const record = await plane.logged(0);
    expect({ ...count, flags: record.flags }).toEqual({ pod: TOTAL, client: TOTAL, flags: '' });
    expect(plane.stat('tcp.db.downstream_flow_control_paused_reading_total')).toBeGreaterThan(0);
  });
});
