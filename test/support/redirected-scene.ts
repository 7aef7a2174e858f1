// Runs in a network namespace of its own: control plane, sidecar, pods and callers, with real REDIRECT rules; prints what callers saw as JSON.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ProxyApp } from '../../src/app/proxy-app.ts';
import { openRedirectedDestination } from '../../src/app/redirected-destination.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLog } from '../../src/base/log.ts';
import { seededRandom } from '../../src/base/random.ts';
import { PROXY_SETTINGS } from '../../src/config/index.ts';
import { parseSettings } from '../../src/config/parse-settings.ts';
import { listStats } from '../../src/telemetry/prometheus.ts';
import { connects, EnvoyPeer } from './envoy.ts';
import { MemoryPlane } from './memory-plane.ts';
import { until } from './until.ts';
import { waitUntil } from './wait-until.ts';

const OUTBOUND = 15_001;
/** REDIRECT sends to loopback of the same family. */
const OUTBOUND_ADDRESSES = [`127.0.0.1:${OUTBOUND}`, `[::1]:${OUTBOUND}`];
/** The sidecar's own connections come from here, and are not redirected. */
const SIDECAR = '127.0.0.6';
const VIP = { host: '10.96.0.5', ports: { undeclared: 80, declared: 5432, smtp: 25 } };
const VIP6 = 'fd00:96::5';
const VIPS6 = 'fd00:96::/112';
const REDIRECT = ['-t', 'nat', '-A', 'OUTPUT', '-p', 'tcp', '-j', 'REDIRECT'];
const PODS = ['10.244.0.1', '10.244.0.2'];
/** What no Service has. */
const OUTSIDE = '203.0.113.5';
/** The outbound one, and one for each port of each address. */
const LISTENERS = 1 + 2 * Object.keys(VIP.ports).length;
/** Envoy cannot be told where its connections come from by us, so it is told apart by its group. */
const ENVOY_GROUP = 1_337;
const GREETING = '220 ready\r\n';

function run(command: string, ...args: string[]): void {
  execFileSync(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function prepareNetwork(): void {
  run('ip', 'link', 'set', 'lo', 'up');
  for (const address of [...PODS, OUTSIDE]) run('ip', 'address', 'add', `${address}/32`, 'dev', 'lo');
  run('ip', 'route', 'add', '10.96.0.0/16', 'dev', 'lo');
  run('ip', '-6', 'route', 'add', VIPS6, 'dev', 'lo');
  run('iptables', '-t', 'nat', '-A', 'OUTPUT', '-m', 'owner', '--gid-owner', String(ENVOY_GROUP), '-j', 'RETURN');
  const redirect = [...REDIRECT, '!', '-s', SIDECAR];
  for (const range of ['10.96.0.0/16', '203.0.113.0/24', ...PODS.map((pod) => `${pod}/32`)]) {
    run('iptables', ...redirect, '--to-ports', String(OUTBOUND), '-d', range);
  }
  run('ip6tables', ...REDIRECT, '--to-ports', String(OUTBOUND), '-d', VIPS6);
}

async function listen(host: string, port: number, serve: (socket: Socket) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

/** Says its address to whoever asks by HTTP, on port 8080; greets on 2525; echoes on 5432. */
async function startPod(host: string): Promise<Server[]> {
  const http = (socket: Socket) =>
    socket.on('data', () => void socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${host.length}\r\n\r\n${host}`));
  return [
    await listen(host, 8080, http),
    await listen(host, 5432, (socket) => void socket.pipe(socket)),
    await listen(host, 2525, (socket) => {
      socket.write(GREETING);
      socket.pipe(socket);
    }),
  ];
}

const MANIFESTS = `
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  clusterIP: ${VIP.host}
  clusterIPs: [${VIP.host}, "${VIP6}"]
  ports: [{name: a, port: ${VIP.ports.undeclared}, targetPort: 8080}, {name: postgres, port: ${VIP.ports.declared}}, {name: b, port: ${VIP.ports.smtp}, targetPort: 2525}]
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports: [{name: a, port: 8080}, {name: postgres, port: 5432}, {name: b, port: 2525}]
endpoints: [{addresses: ["${PODS[0]}"]}, {addresses: ["${PODS[1]}"]}]
`;

interface Proxy {
  stat(name: string): Promise<number | undefined>;
  close(): Promise<void>;
}

async function startEnvoy(xdsPort: number, path: string): Promise<Proxy> {
  const metadata = { INTERCEPTION_MODE: 'REDIRECT', OUTBOUND_ADDRESSES };
  const node = { nodeId: 'envoy', metadata, apiType: 'DELTA_GRPC', gid: ENVOY_GROUP } as const;
  const envoy = await EnvoyPeer.start({ path, xdsPort, ...node });
  const stat = async (name: string): Promise<number> =>
    Number(new RegExp(`^${name}: ([0-9]+)$`, 'm').exec(await envoy.admin('/stats'))?.[1]);
  await waitUntil('Envoy has its listeners', async () => {
    const open = await stat('listener_manager.total_listeners_active');
    return open === LISTENERS && (await stat('listener_manager.workers_started')) === 1 ? true : null;
  });
  await waitUntil('Envoy accepts', () => connects(OUTBOUND));
  return {
    stat,
    close: () => envoy.stop(),
  };
}

async function startSidecar(xdsPort: number, scope: string): Promise<Proxy> {
  const settings = parseSettings(PROXY_SETTINGS, {
    SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xdsPort}`,
    SWITCHBOARD_XDS_SCOPE: scope,
    SWITCHBOARD_INTERCEPTION: 'redirect',
    SWITCHBOARD_ACCESS_LOG: 'off',
    SWITCHBOARD_UPSTREAM_SOURCE_ADDRESS: SIDECAR,
    SWITCHBOARD_OUTBOUND_ADDRESSES: OUTBOUND_ADDRESSES.join(','),
  });
  if (!settings.ok) throw new Error(JSON.stringify(settings.issues));
  const app = new ProxyApp({
    ...{ settings: settings.value, adminAddress: null, clock: systemClock, random: seededRandom(1), log: silentLog },
    originalDestination: await openRedirectedDestination(),
    onQuit: () => {},
  });
  await app.start();
  await until(
    'the sidecar is ready',
    () => app.readiness.ready,
    () => app.readiness,
  );
  return { stat: async (name) => listStats([app.dataPlane]).get(name), close: () => app.close() };
}

/** Connects, sends, and answers what comes until that is `complete`, or the end. */
async function call(host: string, port: number, bytes: string, complete: (seen: string) => boolean): Promise<string> {
  const socket = connect({ host, port });
  socket.write(bytes);
  let seen = '';
  socket.setEncoding('latin1').on('data', (piece: string) => {
    seen += piece;
    if (complete(seen)) socket.end();
  });
  await once(socket, 'close').catch((error: Error) => {
    seen += ` ${error.message}`;
  });
  return seen;
}

const request = (host: string) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
/** So many answers of pods have come. */
const answered = (count: number) => (seen: string) => (seen.match(/\r\n\r\n10\.244\.0\.[12]/g)?.length ?? 0) === count;
/** All that was sent has come back. */
const echoed = (bytes: string) => (seen: string) => seen.length >= bytes.length;
/** Of an answer: what its pod says. */
const bodyOf = (answer: string) => answer.slice(answer.lastIndexOf('\n') + 1);

/** `envoy`: the program, where that takes the place of our sidecar. */
async function main(scope: string, envoy: string): Promise<void> {
  prepareNetwork();
  const servers = (await Promise.all(PODS.map(startPod))).flat();
  servers.push(await listen(OUTSIDE, 7000, (socket) => void socket.pipe(socket)));
  const plane = new MemoryPlane();
  plane.put(MANIFESTS);
  await plane.start();
  const proxy = await (envoy === '' ? startSidecar(plane.xdsPort, scope) : startEnvoy(plane.xdsPort, envoy));
  const twice = `${request('other.example')}${request('other.example')}`;
  const answers = await call(VIP.host, VIP.ports.undeclared, twice, answered(2));
  const [pod = ''] = PODS;
  const seen = {
    http: answers.split('HTTP/1.1').slice(1).map(bodyOf).sort(),
    http6: bodyOf(await call(VIP6, VIP.ports.undeclared, request('other.example'), answered(1))).slice(0, 9),
    declared6: await call(VIP6, VIP.ports.declared, 'SELECT', echoed('SELECT')),
    declared: await call(VIP.host, VIP.ports.declared, 'SELECT', echoed('SELECT')),
    serverFirst: await call(VIP.host, VIP.ports.smtp, '', echoed(GREETING)),
    podItself: bodyOf(await call(pod, 8080, request('web'), answered(1))),
    outside: await call(OUTSIDE, 7000, request('web'), echoed(request('web'))),
    proxyMode: bodyOf(await call('127.0.0.1', OUTBOUND, request('web.default'), answered(1))).slice(0, 9),
    passedOn: await proxy.stat('cluster.passthrough.upstream_cx_total'),
    ...(envoy === '' ? await loop(proxy) : {}),
  };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
  await proxy.close();
  await plane.close();
  for (const server of servers) server.close();
}

/** To the sidecar's own port, redirected: refused, or it would never end. */
async function loop(proxy: Proxy): Promise<{ readonly toItself: string; readonly refused: number | undefined }> {
  const toItself = await text(connect({ host: OUTSIDE, port: OUTBOUND })).catch((error: Error) => error.message);
  return { toItself, refused: await proxy.stat(`listener.127.0.0.1:${OUTBOUND}.downstream_cx_destination_refused`) };
}

await main(process.argv[2] ?? 'on-demand', process.argv[3] ?? '');
