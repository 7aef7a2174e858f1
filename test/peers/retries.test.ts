// One bootstrap file in the real Envoy and in our sidecar: which failure is tried again under which condition, and what timeouts become; callers see the same.
import { type IncomingHttpHeaders, request } from 'node:http';
import { createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import { freePorts } from '../../bench/bed/ports.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import type { TestAddress } from '../support/live-plane.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { startCli } from '../support/run-cli.ts';
import { TcpPods } from '../support/tcp-pods.ts';
import { TempFolder } from '../support/temp-folder.ts';

const TYPES = 'type.googleapis.com/envoy.extensions';
const CONDITIONS = [
  ...['5xx', 'gateway-error', 'reset', 'connect-failure', 'refused-stream', 'reset-before-request', 'retriable-4xx'],
  ...['envoy-ratelimited', 'retriable-headers', 'retriable-status-codes', 'cancelled', 'deadline-exceeded', 'internal'],
  ...['resource-exhausted', 'unavailable', 'reset,retriable-4xx'],
];

const answer = (status: number, fields = ''): string =>
  `HTTP/1.1 ${status} Reason\r\ncontent-length: 0\r\n${fields}\r\n`;
const grpc = (code: number): string => answer(200, `content-type: application/grpc\r\ngrpc-status: ${code}\r\n`);

/** What becomes of a request, by name; a text is what is answered. */
const PHASES: Readonly<Record<string, string | ((socket: Socket) => void)>> = {
  reset: (socket) => socket.resetAndDestroy(),
  closed: (socket) => socket.end(),
  nonsense: 'this is no HTTP\r\n\r\n',
  silent: () => {},
  '200': answer(200),
  '409': answer(409),
  '418': answer(418),
  '429': answer(429),
  '500': answer(500),
  '501': answer(501),
  '502': answer(502),
  '503': answer(503),
  '504': answer(504),
  'rate limited': answer(503, 'x-envoy-ratelimited: true\r\n'),
  'asked again': answer(200, 'x-again: 1\r\n'),
  ...Object.fromEntries([1, 2, 4, 8, 13, 14].map((code) => [`grpc ${code}`, grpc(code)])),
  'broken off': (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    setTimeout(() => socket.resetAndDestroy(), 20);
  },
};

const address = ({ host, port }: TestAddress) => ({ socket_address: { address: host, port_value: port } });
const extension = (name: string, type: string, config: object = {}) => ({
  name,
  typed_config: { '@type': `${TYPES}.${type}`, ...config },
});
const retry = { num_retries: 1, per_try_timeout: '1.5s', retry_back_off: { base_interval: '0.001s' } };
const onHeaders = { retriable_status_codes: [418], retriable_headers: [{ name: 'x-again', present_match: true }] };
const anyPath = (path: string): string => `/${path.replaceAll(/[ ,]/g, '_')}`;

interface Case {
  readonly path: string;
  readonly cluster: string;
  readonly route: object;
}

/** Every condition with every phase. */
const TABLE: readonly Case[] = [...Object.keys(PHASES), 'refused', 'refused stream'].flatMap((cluster) =>
  CONDITIONS.map((on) => ({
    path: anyPath(`${cluster}/${on}`),
    cluster,
    route: { timeout: '5s', retry_policy: { retry_on: on, ...retry, ...onHeaders } },
  })),
);

const POST_ONLY = [{ name: ':method', string_match: { exact: 'POST' } }];
const PATIENT = { rate_limited_retry_back_off: { reset_headers: [{ name: 'retry-after' }] } };
const PATIENT_PATH = anyPath('Retry-After');
/** As the control plane says it for an annotation: Envoy leaves out what it does not know. */
const SAFE = 'connect-failure,refused-stream,reset-before-request,switchboard-safe';
const FIVES = { ...retry, retry_on: '5xx' };
const HEDGES = { retry_policy: FIVES, hedge_policy: { hedge_on_per_try_timeout: true } };
const FOR_EVER = { timeout: '0s' };
/** Name, pod, and what the route says: each with what callers see. */
const SINGLE: readonly (readonly [path: string, cluster: string, route: object, says: string])[] = [
  ['no number of retries is one', '503', { retry_policy: { retry_on: '5xx' } }, '503 × 2'],
  ['none', '503', { retry_policy: { retry_on: '5xx', num_retries: 0 } }, '503 × 1'],
  ['what Services say', 'refused', { retry_policy: { retry_on: SAFE } }, '503 × 2'],
  ['no condition', 'reset', { retry_policy: { num_retries: 3 } }, '503 × 1'],
  ['three', '503', { retry_policy: { ...FIVES, num_retries: 3 } }, '503 × 4'],
  ['only POST', '503', { retry_policy: { retry_on: '5xx', retriable_request_headers: POST_ONLY } }, '503 × 1'],
  ['Retry-After', 'patient', { retry_policy: { retry_on: '5xx', ...PATIENT } }, '503 × 2 after a second'],
  ['idle tries', 'silent', { retry_policy: { retry_on: 'reset', per_try_idle_timeout: '0.2s' } }, '504 × 2'],
  ['hedged', 'late', HEDGES, '200 × 2'],
  ['hedged without a second answer', 'silent', { timeout: '4s', ...HEDGES }, '504 × 2'],
  ['a timeout', 'silent', { timeout: '0.2s' }, '504 × 1'],
  ['a short timeout', 'silent', { timeout: '0.3s', retry_policy: { ...FIVES, per_try_timeout: '0.5s' } }, '504 × 1'],
  ['a timeout in an answer', 'half', { timeout: '0.3s' }, '200 × 1 cut off'],
  ['a silence in an answer', 'half', { ...FOR_EVER, idle_timeout: '0.3s' }, '200 × 1 cut off'],
];
/** The same, where Envoy's answer is of a part that knows of no attempts. */
const UNCOUNTED: typeof SINGLE = [
  ['a silence', 'silent', { ...FOR_EVER, idle_timeout: '0.3s' }, '504'],
  ['a duration', 'silent', { ...FOR_EVER, max_stream_duration: { max_stream_duration: '0.3s' } }, '504'],
];
const OTHERS = [...SINGLE, ...UNCOUNTED].map(
  ([path, cluster, route]): Case => ({ path: anyPath(path), cluster, route }),
);

const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  },
};

function bootstrap(pods: ReadonlyMap<string, TestAddress>, port: number): object {
  const routes = [...TABLE, ...OTHERS].map(({ path, cluster, route }) => ({
    match: { path },
    route: { cluster, ...route },
  }));
  const host = { name: 'all', domains: ['*'], include_attempt_count_in_response: true, routes };
  const manager = {
    stat_prefix: 'in',
    http_filters: [extension('envoy.filters.http.router', 'filters.http.router.v3.Router')],
    route_config: { virtual_hosts: [host] },
  };
  const http = extension('http', 'filters.network.http_connection_manager.v3.HttpConnectionManager', manager);
  const clusters = [...pods].map(([name, pod]) => ({
    name,
    type: 'STATIC',
    circuit_breakers: { thresholds: [{ max_retries: 1_000 }] },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: { address: address(pod) } }] }] },
    ...(name === 'refused stream' ? { typed_extension_protocol_options: HTTP2 } : {}),
  }));
  const listener = { name: 'in', address: address({ host: '127.0.0.1', port }), filter_chains: [{ filters: [http] }] };
  return { static_resources: { listeners: [listener], clusters } };
}

/** Status and attempts of one GET, and whether its answer broke off or had to be waited for. */
function ask(port: number, path: string): Promise<string> {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      const tell = (end: string): void => {
        const late = path === PATIENT_PATH && performance.now() - startedAt >= 1_000 ? ' after a second' : '';
        resolve(`${response.statusCode} × ${attemptsOf(response.headers)}${end}${late}`);
      };
      response.resume();
      response.on('error', () => tell(' cut off'));
      response.on('end', () => tell(''));
    });
    call.on('error', reject);
    call.end();
  });
}

function attemptsOf(headers: IncomingHttpHeaders): string {
  return String(headers['x-envoy-attempt-count'] ?? 'no');
}

async function play(port: number): Promise<Map<string, string>> {
  const seen = new Map<string, string>();
  // Many at a time: most of them wait for a timeout, which is long so that no pod is taken for silent that is not.
  const left = [...TABLE, ...OTHERS];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift())
      seen.set(next.path, await ask(port, next.path));
  };
  await Promise.all(Array.from({ length: 16 }, work));
  return seen;
}

describeWithPeers('Retries and timeouts in Envoy and in the sidecar, on the same file', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const tcp = new TcpPods();
  const http2 = createHttp2Server();
  const seen = new Map<string, Map<string, string>>();

  /** Answers each request on a connection as `behave` says. */
  const pod = (behave: (socket: Socket) => void): Promise<TestAddress> =>
    tcp.pod((socket) => {
      socket.on('error', () => {});
      socket.on('data', () => behave(socket));
    });

  async function createPods(): Promise<Map<string, TestAddress>> {
    const pods = new Map<string, TestAddress>();
    for (const [name, phase] of Object.entries(PHASES)) {
      pods.set(name, await pod(typeof phase === 'string' ? (socket) => void socket.write(phase) : phase));
    }
    // An address that no other test listens on: a free port of the usual one may be taken by a neighbour meanwhile.
    pods.set('refused', { host: '127.66.0.9', port: 1 });
    pods.set('patient', await pod((socket) => void socket.write(answer(503, 'retry-after: 1\r\n'))));
    pods.set('half', await pod((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf')));
    // The first of two is answered when the second has come.
    let waiting: Socket | null = null;
    pods.set(
      'late',
      await pod((socket) => {
        if (waiting === null) waiting = socket;
        else {
          waiting.write(answer(200));
          waiting = null;
        }
      }),
    );
    http2.on('session', (session) => session.on('error', () => {}));
    http2.on('stream', (stream: ServerHttp2Stream) => {
      stream.on('error', () => {});
      stream.close(7);
    });
    await new Promise<void>((resolve) => http2.listen(0, '127.0.0.1', resolve));
    return pods.set('refused stream', { host: '127.0.0.1', port: (http2.address() as AddressInfo).port });
  }

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    folder.write('bootstrap.json', JSON.stringify(bootstrap(await createPods(), port)));
    const file = folder.at('bootstrap.json');
    const stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', file, port);
    seen.set('envoy', await play(port));
    await stopEnvoy();
    const sidecar = startCli(['proxy', '-c', file]);
    await sidecar.says(/ready clusters=/);
    seen.set('sidecar', await play(port));
    sidecar.child.kill('SIGTERM');
    await sidecar.ended;
  }, 120_000);

  afterAll(() => {
    tcp.close();
    http2.close();
    folder.remove();
  });

  it.each(CONDITIONS)('%s: callers of both see the same after each of 24 ends of an attempt', (on) => {
    const cases = TABLE.filter(({ path }) => path.endsWith(anyPath(on)));
    const told = (who: string) => cases.map(({ path }) => `${path} ${seen.get(who)?.get(path)}`);
    expect(cases).toHaveLength(24);
    expect(told('sidecar')).toEqual(told('envoy'));
  });

  it.each(SINGLE.map(([path, , , says]) => [path, says]))('%s: callers of both see %s', (path, says) => {
    const told = ['envoy', 'sidecar'].map((who) => seen.get(who)?.get(anyPath(path)));
    expect(told).toEqual([says, says]);
  });

  it.each(UNCOUNTED.map(([path, , , says]) => [path, says]))('%s: callers of both see %s', (path, says) => {
    const told = ['envoy', 'sidecar'].map((who) => seen.get(who)?.get(anyPath(path))?.split(' × ')[0]);
    expect(told).toEqual([says, says]);
  });
});
