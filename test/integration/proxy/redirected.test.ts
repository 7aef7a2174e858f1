// Promises of redirected connections to a sidecar that holds what it dials: where they were going decides, whatever they say.
import type { Socket } from 'node:net';
import type { AppProtocol } from '../../../src/model/cluster-spec.ts';
import type { FilterChainSpec, SocketAddressSpec } from '../../../src/model/listener-spec.ts';
import type { Dial } from '../../../src/proxy/upstream/connection-pool.ts';
import { type LivePlane, type LivePlaneOptions, systemDial, type TestAddress } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { nameOf, ScriptedDemand } from '../../support/scripted-demand.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

const VIP = { host: '10.96.0.5', port: 80 };
const GREETING = '220 ready\r\n';

const PASSTHROUGH: FilterChainSpec = {
  name: '',
  match: {},
  filter: {
    kind: 'tcp',
    tcp: { statPrefix: 'passthrough', cluster: 'passthrough', idleTimeoutMs: 0, maxConnectAttempts: 1 },
  },
};

interface Scene {
  readonly clock: ManualClock;
  readonly plane: LivePlane;
  readonly demand: ScriptedDemand;
  /** Where connections were going; null = they were not redirected. */
  to: SocketAddressSpec | null;
}

/** A plane that knows the Service `web` at VIP:80, and holds nothing. */
async function scene(
  options: LivePlaneOptions = {},
  defaultChain: readonly FilterChainSpec[] = [PASSTHROUGH],
  onUnavailable: 'wait' | 'passthrough' = 'wait',
) {
  const clock = new ManualClock();
  const demand = new ScriptedDemand();
  const found: { to: SocketAddressSpec | null } = { to: VIP };
  const originalDestination = { of: (_socket: Socket) => found.to };
  const plane = await stage.plane({ clock, onDemand: demand.spec({ onUnavailable }), originalDestination, ...options });
  demand.sink = plane.plane;
  const passthrough = { ...plane.cluster('passthrough'), discovery: { kind: 'original-dst' as const } };
  const listener = { ...plane.listener(0, { kind: 'on-demand' }), originalDestination: 'match' as const };
  const [defaultFilterChain] = defaultChain;
  const whole = defaultFilterChain === undefined ? listener : { ...listener, defaultFilterChain };
  plane.apply({
    clusters: { upserted: [passthrough], removed: [] },
    listeners: { upserted: [whole], removed: [] },
  });
  demand.names([nameOf('web', 'default', [VIP.host])]);
  return Object.assign(found, { clock, plane, demand }) satisfies Scene;
}

async function dialled(all: Scene, endpoints: readonly TestAddress[], appProtocol: AppProtocol): Promise<void> {
  const warm = await all.plane.client();
  await until('it waits', () => all.plane.stat('control_plane.on_demand_waiting') === 1);
  all.demand.deliver('web', endpoints, { cluster: { appProtocol } });
  warm.reset();
  await until('it is gone', () => all.plane.plane.activeRequests === 0);
}

function greeter() {
  return pods.pod((socket) => {
    socket.write(GREETING);
    socket.pipe(socket);
  });
}

describe('a redirected connection to the address of a Service', () => {
  it('waits for what is not held yet, and its requests go to that Service, whatever their Host says', async () => {
    const all = await scene();
    const [a, b] = await stage.backends(2);
    const client = await all.plane.client();
    client.send(get('other.example'));
    await until('it waits', () => all.plane.stat('control_plane.on_demand_waiting') === 1);
    all.demand.deliver('web', [a as TestAddress, b as TestAddress], { cluster: { appProtocol: 'detect' } });
    const names = [(await client.answer()).text, (await client.ask(get('other.example'))).text];
    expect(names.sort()).toEqual(['a /', 'b /']);
    expect(all.plane.log.map(({ method, status }) => [method, status])).toEqual([
      ['GET', 200],
      ['GET', 200],
    ]);
    expect(all.plane.stat('cluster.outbound|80|web.default.svc.cluster.local.upstream_cx_total')).toBe(2);
  });

  it('of a silent caller has a pod dialled after 50 ms, and the next one at once, as the server spoke first', async () => {
    const all = await scene();
    const pod = await greeter();
    await dialled(all, [pod], 'detect');
    const first = await all.plane.client();
    await until('it is held', () => all.plane.plane.activeRequests === 1);
    expect(pod.accepted).toHaveLength(0);
    await until('the pod has it', () => {
      all.clock.advance(50);
      return pod.accepted.length === 1;
    });
    expect((await first.read(GREETING.length)).toString()).toBe(GREETING);
    await first.finish();
    const second = await all.plane.client();
    expect((await second.read(GREETING.length)).toString()).toBe(GREETING);
    await second.finish();
    expect(all.plane.log.slice(1).map(({ details }) => details)).toEqual([
      'tcp: the server spoke first',
      'tcp: the server spoke first, as before',
    ]);
    expect(await all.plane.logged(1)).toMatchObject({ authority: '10.96.0.5:80', protocol: 'TCP', bytesSent: 11 });
  });

  it('is unlearnt with one HTTP request: the next silent caller waits again', async () => {
    const all = await scene();
    const pod = await greeter();
    await dialled(all, [pod], 'detect');
    const first = await all.plane.client();
    await until('the pod has it', () => {
      all.clock.advance(50);
      return pod.accepted.length === 1;
    });
    await first.read(GREETING.length);
    await first.finish();
    const [backend] = await stage.backends(1);
    all.demand.deliver('web', [backend as TestAddress], { cluster: { appProtocol: 'detect' } });
    const caller = await all.plane.client();
    expect((await caller.ask(get('web'))).text).toBe('a /');
    expect(all.plane.stat('http.outbound.detection_dialled_in_vain')).toBe(1);
    const silent = await all.plane.client();
    await until('it is held', () => all.plane.plane.activeRequests === 1);
    expect(all.plane.stat('http.outbound.detection_dialled_ahead')).toBe(2);
    silent.socket.destroy();
  });

  it('of a declared protocol is not looked into: tcp', async () => {
    const all = await scene();
    await dialled(all, [await pods.echo()], 'tcp');
    const client = await all.plane.client();
    client.send(get('web'));
    expect((await client.read(get('web').length)).toString()).toBe(get('web'));
    await client.finish();
    expect(await all.plane.logged(1)).toMatchObject({ details: 'tcp: declared', flags: '', attempts: 1 });
    expect(all.plane.stat('tcp.outbound.downstream_cx_total')).toBe(2);
  });

  it('is reset with the reason in the log where no pod can be reached, and where routes do not come', async () => {
    const all = await scene();
    const early = await all.plane.client();
    await until('it waits', () => all.plane.stat('control_plane.on_demand_waiting') === 1);
    all.clock.advance(12_000);
    expect(await early.closed).toBe('ECONNRESET');
    expect((await all.plane.logged(0)).flags).toBe('NC');
    await dialled(all, [await stage.refusing()], 'tcp');
    const client = await all.plane.client();
    expect(await client.closed).toBe('ECONNRESET');
    expect((await all.plane.logged(2)).flags).toBe('UF');
  });

  it('goes to that address itself where routes cannot be asked for, if the sidecar is told so', async () => {
    const pod = await pods.echo();
    const dialled: string[] = [];
    const dial: Dial = (host, port, onread) => {
      dialled.push(`${host}:${port}`);
      return systemDial(pod.host, pod.port, onread);
    };
    const all = await scene({ dial }, [PASSTHROUGH], 'passthrough');
    Object.assign(all.demand, { problem: 'it is away', unreachable: true });
    const client = await all.plane.client();
    client.send('hello');
    expect((await client.read(5)).toString()).toBe('hello');
    await client.finish();
    expect(dialled).toEqual(['10.96.0.5:80']);
    expect(await all.plane.logged(0)).toMatchObject({ details: 'passthrough: it is away', flags: '', bytesSent: 5 });
  });

  it('of a caller who leaves while it waits is forgotten', async () => {
    const all = await scene();
    const client = await all.plane.client();
    await until('it waits', () => all.plane.stat('control_plane.on_demand_waiting') === 1);
    client.reset();
    expect((await all.plane.logged(0)).flags).toBe('DC');
    expect(all.plane.stat('control_plane.on_demand_waiting')).toBe(0);
  });

  it('is refused while the sidecar is overloaded', async () => {
    const all = await scene({ admission: { refusing: true, reason: 'memory' } });
    // It may come before the caller knows that it is connected.
    const how = await all.plane.client().then(
      (client) => client.closed,
      (error: NodeJS.ErrnoException) => error.code,
    );
    expect(how).toBe('ECONNRESET');
    expect((await all.plane.logged(0)).flags).toBe('OM');
  });
});

describe('a redirected connection to what no Service has', () => {
  it('goes there byte for byte, HTTP or not', async () => {
    const all = await scene();
    const pod = await pods.echo();
    all.to = pod;
    const client = await all.plane.client();
    client.send(get('web'));
    expect((await client.read(get('web').length)).toString()).toBe(get('web'));
    await client.finish();
    expect(await all.plane.logged(0)).toMatchObject({ upstreamCluster: 'passthrough', protocol: 'TCP' });
    expect(all.demand.asked).toEqual([]);
  });

  it('is closed where the listener has no way there', async () => {
    const all = await scene({}, []);
    all.to = { host: '127.0.0.1', port: 1 };
    const client = await all.plane.client();
    expect(await client.rest()).toBe('');
  });
});

describe('a connection that was going to a listener of the sidecar', () => {
  it('is in proxy mode where it came to that one', async () => {
    const all = await scene();
    all.to = null;
    const client = await all.plane.client();
    client.send(get('web'));
    await until('it waits', () => all.plane.stat('control_plane.on_demand_waiting') === 1);
    all.demand.deliver('web', await stage.backends(1));
    expect((await client.answer()).text).toBe('a /');
    all.to = { host: '127.0.0.1', port: all.plane.port };
    const second = await all.plane.client();
    expect((await second.ask(get('web'))).text).toBe('a /');
  });

  it('and was redirected is refused and counted: it would go round for ever', async () => {
    const all = await scene();
    const address = { host: '127.0.0.2', port: 0 };
    const other = { ...all.plane.listener(0, { kind: 'on-demand' }), name: 'other', address };
    all.plane.apply({ listeners: { upserted: [other], removed: [] } });
    await until('it listens', () => all.plane.plane.listeners[1]?.listening === true);
    all.to = all.plane.plane.listeners[1]?.addresses[0] ?? null;
    const client = await all.plane.client();
    expect(await client.rest()).toBe('');
    expect(all.plane.stat('listener.127.0.0.1:0.downstream_cx_destination_refused')).toBe(1);
  });
});
