// Upgrades through the real Envoy and through our sidecar, each on one file, alone and behind one another over HTTP/2.
import { once } from 'node:events';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, socketAddress } from '../support/bootstrap-files.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { named, ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';
import { asking } from '../support/upgrades.ts';
import { type Chat, type ChatPod, echoMessages, undiciChat, wsChat, wsPod } from '../support/websockets.ts';

interface Ports {
  /** Goes to the pod. */
  readonly near: number;
  /** Goes to the other proxy's `near`, over HTTP/2. */
  readonly far: number;
  /** Goes to a pod that knows of no upgrades. */
  readonly plain: number;
}

const WEBSOCKET = [{ upgrade_type: 'websocket' }];
const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: { allow_connect: true } },
  },
};

function manager(cluster: string): object {
  const routes = [
    {
      match: { prefix: '/denied' },
      route: { cluster, upgrade_configs: [{ upgrade_type: 'websocket', enabled: false }] },
    },
    { match: { prefix: '/tcp' }, route: { cluster, upgrade_configs: [{ upgrade_type: 'tcp' }] } },
    { match: { prefix: '/' }, route: { cluster } },
  ];
  return {
    upgrade_configs: WEBSOCKET,
    http2_protocol_options: { allow_connect: true },
    route_config: { name: cluster, virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
  };
}

function cluster(name: string, port: number, options: object = {}): object {
  const assignment = loadAssignment(name, [['127.0.0.1', port]]);
  return { name, type: 'STATIC', connect_timeout: '5s', load_assignment: assignment, ...options };
}

function bootstrap(own: Ports, other: Ports, pod: number, plain: number): string {
  return JSON.stringify({
    admin: { address: socketAddress('127.0.0.1', 0) },
    static_resources: {
      listeners: [
        listenerOf('near', own.near, manager('pod')),
        listenerOf('far', own.far, manager('other')),
        listenerOf('plain', own.plain, manager('plain')),
      ],
      clusters: [
        cluster('pod', pod),
        cluster('other', other.near, { typed_extension_protocol_options: HTTP2 }),
        cluster('plain', plain),
      ],
    },
  });
}

/** Of two proxies. */
async function portsOfBoth(): Promise<readonly [Ports, Ports]> {
  const ports = await freePorts(6);
  const portsFrom = (first: number): Ports => ({
    near: ports[first] ?? 0,
    far: ports[first + 1] ?? 0,
    plain: ports[first + 2] ?? 0,
  });
  return [portsFrom(0), portsFrom(3)];
}

describeWithPeers('upgrades, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  let pod: ChatPod;
  let plain: ScriptedBackend;
  let theirs: Ports;
  let ours: Ports;
  let stopEnvoy: () => Promise<void>;
  let sidecar: RunningCli;

  beforeAll(async () => {
    pod = await wsPod(echoMessages);
    plain = await ScriptedBackend.start(named('plain'));
    [theirs, ours] = await portsOfBoth();
    folder.write('envoy.json', bootstrap(theirs, ours, pod.port, plain.port));
    folder.write('ours.json', bootstrap(ours, theirs, pod.port, plain.port));
    sidecar = startCli(['proxy', '-c', folder.at('ours.json')]);
    stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', folder.at('envoy.json'), theirs.plain);
    await sidecar.says(/(ready)/i);
  }, 30_000);

  afterAll(async () => {
    await stopEnvoy?.();
    sidecar?.child.kill('SIGKILL');
    await sidecar?.ended;
    await plain?.close();
    pod?.close();
    folder.remove();
  });

  const WAYS: readonly (readonly [string, () => number])[] = [
    ['Envoy', () => theirs.near],
    ['the sidecar', () => ours.near],
    ['the sidecar, then Envoy over HTTP/2', () => ours.far],
    ['Envoy, then the sidecar over HTTP/2', () => theirs.far],
  ];
  const CALLERS: readonly (readonly [string, (port: number) => Promise<Chat>])[] = [
    ['ws over HTTP/1.1', wsChat],
    ['undici over HTTP/2', undiciChat],
  ];
  const PAIRS = WAYS.flatMap(([way, port]) => CALLERS.map(([caller, open]) => ({ way, port, caller, open })))
    // Envoy makes no key for callers of HTTP/2, so its pod of HTTP/1.1 refuses them.
    .filter(({ way, caller }) => way !== 'Envoy' || caller !== 'undici over HTTP/2');

  it.each(PAIRS)('a WebSocket of $caller passes $way', async ({ port, open }) => {
    const chat = await open(port());
    const sent = Array.from({ length: 50 }, (_, index) => `message ${index} ${'x'.repeat(index * 1_000)}`);
    for (const message of sent) chat.send(message);
    await until(
      'all have come back',
      () => chat.messages.length === sent.length,
      () => chat.messages.length,
    );
    expect(chat.messages).toEqual(sent);
    chat.close(4_001, 'bye');
    expect(await chat.closed).toEqual({ code: 4_001, reason: 'bye' });
  });

  it.each([
    ['is refused by configuration', asking('spdy/3.1'), 403],
    ['is refused by its route', asking().replace('/chat', '/denied'), 403],
    ['is allowed by its route, and answered by a pod that knows of none', asking('tcp').replace('/chat', '/tcp'), 200],
    ['is answered by a pod that knows of none', asking(), 200],
    ['is h2c', asking('h2c').replace('Upgrade\r\n', 'Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABk\r\n'), 200],
    ['is not in Connection', asking().replace('Connection: Upgrade\r\n', ''), 200],
  ])(
    'a request whose upgrade %s is answered alike; Envoy may close its connection then, ours goes on',
    async (...row) => {
      const [, request, status] = row;
      const answers = [];
      for (const port of [theirs.plain, ours.plain]) {
        const client = await RawClient.connect(port);
        answers.push((await client.ask(request)).status);
        if (port === ours.plain) {
          expect((await client.ask('GET /again HTTP/1.1\r\nHost: web\r\n\r\n')).text).toBe('plain /again');
        }
        client.socket.destroy();
        await once(client.socket, 'close');
      }
      expect(answers).toEqual([status, status]);
    },
  );

  it.each(['Upgrade: tcp', 'Upgrade: websocket'])('the pod sees %s from both', async (line) => {
    const seen = [];
    for (const port of [theirs.plain, ours.plain]) {
      const before = plain.requests.length;
      const client = await RawClient.connect(port);
      const protocol = line.slice('Upgrade: '.length);
      await client.ask(asking(protocol).replace('/chat', protocol === 'tcp' ? '/tcp' : '/chat'));
      const request = await plain.request(before);
      seen.push([request.get('upgrade'), request.get('connection')?.toLowerCase(), request.get('content-length')]);
      client.socket.destroy();
    }
    expect(seen[1]).toEqual(seen[0]);
  });
});
