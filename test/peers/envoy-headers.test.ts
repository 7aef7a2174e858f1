// One bootstrap file in the real Envoy and in our sidecar: whose x-envoy-… headers count, what single requests get by them, and what goes on to pods and back.
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../bench/bed/ports.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { startCli } from '../support/run-cli.ts';
import { TempFolder } from '../support/temp-folder.ts';

const TYPES = 'type.googleapis.com/envoy.extensions';
const RANGES = {
  cidr_ranges: [
    { address_prefix: '127.0.0.0', prefix_len: 8 },
    { address_prefix: '10.0.0.0', prefix_len: 8 },
    { address_prefix: 'fd00::', prefix_len: 8 },
  ],
};
const TRUSTING = { use_remote_address: true, internal_address_config: RANGES };
/** What each listener says of whom to trust, and its router. */
const LISTENERS: Readonly<Record<string, { readonly manager: object; readonly router?: object }>> = {
  'nobody, by connection': { manager: { use_remote_address: true } },
  'ranges, by x-forwarded-for': { manager: { internal_address_config: RANGES } },
  'ranges, behind a trusted hop': { manager: { internal_address_config: RANGES, xff_num_trusted_hops: 1 } },
  'ranges, by connection': { manager: TRUSTING },
  'ranges, by connection, which is not told': { manager: { ...TRUSTING, skip_xff_append: true } },
  respecting: { manager: TRUSTING, router: { respect_expected_rq_timeout: true } },
  suppressing: { manager: TRUSTING, router: { suppress_envoy_headers: true } },
};

type Headers = Readonly<Record<string, string>>;
interface Case {
  readonly listener: string;
  readonly path: string;
  readonly headers: Headers;
}

const ASKING: Headers = {
  'x-envoy-retry-on': '5xx',
  'x-envoy-max-retries': '2',
  'x-envoy-retry-grpc-on': 'internal',
  'x-envoy-hedge-on-per-try-timeout': 'false',
  'x-envoy-upstream-rq-timeout-ms': '9000',
  'x-envoy-upstream-rq-per-try-timeout-ms': '8000',
  'x-envoy-expected-rq-timeout-ms': '700',
  'x-envoy-internal': 'true',
  'x-envoy-force-trace': '1',
  'x-envoy-decorator-operation': 'mine',
  'x-envoy-original-path': '/original',
  'x-envoy-external-address': '9.9.9.9',
  'x-envoy-anything': 'else',
};
const FROM = [
  ...[
    '',
    '127.0.0.1',
    '10.1.1.1',
    '8.8.8.8',
    'fd00::1',
    'fe80::1',
    '::ffff:10.1.1.1',
    '10.1.1.1, 10.1.1.2',
    '10.1.1.1,',
  ],
  ...['nonsense', '10.1.1.1:80', '[fd00::1]', '010.1.1.1', '10.1'],
];
/** Each caller at each listener. */
const TRUST: readonly Case[] = Object.keys(LISTENERS).flatMap((listener) =>
  FROM.map((from) => ({
    listener,
    path: '/503/x',
    headers: from === '' ? ASKING : { ...ASKING, 'x-forwarded-for': from },
  })),
);

const RETRY = 'x-envoy-retry-on';
const TIMES = 'x-envoy-max-retries';
const CODES = 'x-envoy-retriable-status-codes';
const NAMES = 'x-envoy-retriable-header-names';
const GRPC_ON = 'x-envoy-retry-grpc-on';
const WHOLE = 'x-envoy-upstream-rq-timeout-ms';
const TRY = 'x-envoy-upstream-rq-per-try-timeout-ms';
const HEDGE = 'x-envoy-hedge-on-per-try-timeout';
const EXPECTED = 'x-envoy-expected-rq-timeout-ms';
const GRPC = { 'content-type': 'application/grpc' };

const WISHES: readonly (readonly [path: string, headers: Headers])[] = [
  ...(
    [
      [{}],
      [{ [RETRY]: '5xx', [TIMES]: '1' }],
      [{ [RETRY]: 'nonsense, 5xx ', [TIMES]: '2' }],
      [{ [RETRY]: 'gateway-error', [TIMES]: '0' }],
      [{ [RETRY]: 'gateway-error', [TIMES]: '00003' }],
      [{ [RETRY]: 'retriable-4xx', [TIMES]: '3' }],
      [{ [RETRY]: 'cancelled', [TIMES]: '3' }],
      [{ [GRPC_ON]: '5xx', [TIMES]: '3' }],
      [{ [TIMES]: '5' }],
    ] as const
  ).map(([headers]) => ['/503/none', headers] as const),
  ['/503/policy', {}],
  ['/503/policy', { [TIMES]: '4' }],
  ['/503/policy', { [TIMES]: 'two' }],
  ['/503/policy', { [TIMES]: '-1' }],
  ['/503/policy', { [TIMES]: '0' }],
  ['/503/policy', { [RETRY]: 'retriable-4xx' }],
  ['/503/posts', { [RETRY]: '5xx', [TIMES]: '3' }],
  ['/409/policy', { [RETRY]: 'retriable-4xx' }],
  ['/409/none', { [RETRY]: 'retriable-4xx', [TIMES]: '1' }],
  ['/418/none', { [CODES]: '418', [TIMES]: '1' }],
  ['/418/none', { [CODES]: '418', [RETRY]: 'retriable-status-codes', [TIMES]: '1' }],
  ['/418/none', { [CODES]: 'x, 418 ,7', [RETRY]: 'retriable-status-codes', [TIMES]: '1' }],
  ['/200/none', { [NAMES]: 'X-Again,other', [RETRY]: 'retriable-headers', [TIMES]: '1', 'x-say': 'x-again' }],
  ['/200/none', { [NAMES]: 'other', [RETRY]: 'retriable-headers', [TIMES]: '1', 'x-say': 'x-again' }],
  ['/200/none', { [NAMES]: 'x-again', [TIMES]: '1', 'x-say': 'x-again' }],
  ['/200/grpc-status-8', { [GRPC_ON]: 'resource-exhausted', [TIMES]: '2', ...GRPC }],
  ['/200/grpc-status-8', { [GRPC_ON]: 'cancelled', [TIMES]: '2', ...GRPC }],
  ['/200/none', { [WHOLE]: '1500' }],
  ['/200/none', { [WHOLE]: '0' }],
  ['/200/none', { [WHOLE]: 'abc' }],
  ['/200/none', { [WHOLE]: '1500', [TRY]: '1500' }],
  ['/200/none', { [WHOLE]: '1500', [TRY]: '900' }],
  ['/200/none', { [WHOLE]: '1500', [TRY]: '900', [HEDGE]: 'true' }],
  ['/200/none', { [EXPECTED]: '700' }],
  ['/200/none', { [EXPECTED]: '700', [WHOLE]: '900' }],
  ['/200/none', { [EXPECTED]: 'soon', [WHOLE]: '900' }],
  ['/200/try', {}],
  ['/200/try', { [TRY]: '0' }],
  ['/200/try', { [WHOLE]: '0' }],
  ['/200/try', { [WHOLE]: '1500' }],
  ['/200/stream', {}],
  ['/200/stream', { [WHOLE]: '900' }],
  ['/silent', { [WHOLE]: '300' }],
  ['/silent', { [WHOLE]: '5000', [TRY]: '200', [TIMES]: '0' }],
  ['/silent', { [WHOLE]: '9000', [TRY]: '200', [RETRY]: '5xx', [TIMES]: '2' }],
  ['/silent', { [WHOLE]: '2000', [TRY]: '200', [RETRY]: '5xx', [HEDGE]: 'true', [TIMES]: '1' }],
  ['/silent', { [WHOLE]: '9000', [TRY]: '200', [RETRY]: '5xx', [HEDGE]: 'yes', [TIMES]: '1' }],
];
const ASKED: readonly Case[] = ['ranges, by connection', 'respecting', 'suppressing'].flatMap((listener) =>
  WISHES.map(([path, headers]) => ({ listener, path, headers })),
);

const address = (port: number) => ({ socket_address: { address: '127.0.0.1', port_value: port } });
const extension = (name: string, type: string, config: object = {}) => ({
  name,
  typed_config: { '@type': `${TYPES}.${type}`, ...config },
});
const BACK_OFF = { retry_back_off: { base_interval: '0.001s' } };
/** A policy that asks for nothing that any answer here is about: without any, our sidecar has one. */
const NOTHING = { retry_policy: { retry_on: 'reset-before-request', num_retries: 1, ...BACK_OFF } };
const ROUTES: readonly (readonly [string, object])[] = [
  ['/503/policy', { retry_policy: { retry_on: '5xx', num_retries: 2, ...BACK_OFF } }],
  ['/409/policy', { retry_policy: { retry_on: '5xx', num_retries: 2, ...BACK_OFF } }],
  [
    '/503/posts',
    {
      timeout: '4s',
      retry_policy: {
        retry_on: '5xx',
        retriable_request_headers: [{ name: ':method', string_match: { exact: 'POST' } }],
      },
    },
  ],
  ['/200/try', { timeout: '4s', retry_policy: { retry_on: 'refused-stream', num_retries: 1, per_try_timeout: '2s' } }],
  ['/200/stream', { timeout: '0s', max_stream_duration: { max_stream_duration: '3s' }, ...NOTHING }],
  ['/', NOTHING],
];

function bootstrap(podPort: number, ports: readonly number[]): object {
  const routes = ROUTES.map(([prefix, route]) => ({ match: { prefix }, route: { cluster: 'pod', ...route } }));
  const host = { name: 'all', domains: ['*'], include_attempt_count_in_response: true, routes };
  const listeners = Object.entries(LISTENERS).map(([name, { manager, router }], i) => {
    const http = extension('http', 'filters.network.http_connection_manager.v3.HttpConnectionManager', {
      stat_prefix: 'in',
      http_filters: [extension('envoy.filters.http.router', 'filters.http.router.v3.Router', router)],
      route_config: { virtual_hosts: [host] },
      ...manager,
    });
    return { name, address: address(ports[i] ?? 0), filter_chains: [{ filters: [http] }] };
  });
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(podPort) } }] }];
  const pod = {
    name: 'pod',
    type: 'STATIC',
    circuit_breakers: { thresholds: [{ max_retries: 1_000 }] },
    load_assignment: { cluster_name: 'pod', endpoints },
  };
  return { static_resources: { listeners, clusters: [pod] } };
}

/** What differs by nature: where Envoy stands in for a loopback caller, and each its own way to say "plain HTTP". */
function told([name, value]: readonly [string, unknown], attempts: number): string[] {
  if (name === 'x-forwarded-for') return [`${name}: ${String(value).replaceAll(/(^|,)(127|192)[0-9.]+$/g, '$1us')}`];
  // What is left of it at a second attempt depends on the pause before.
  if (name === EXPECTED && attempts > 1) return [`${name}: ${Number(value) > 0}`];
  return name.startsWith('x-envoy-') ? [`${name}: ${String(value)}`] : [];
}

function answerAsPod(call: IncomingMessage, answer: ServerResponse): void {
  const url = call.url ?? '';
  if (url.startsWith('/silent')) return;
  const say = call.headers['x-say'];
  if (typeof say === 'string') answer.setHeader(say, '1');
  if (url.includes('grpc-status-8')) answer.setHeader('grpc-status', '8').setHeader('content-type', 'application/grpc');
  answer.writeHead(Number(url.slice(1, 4)), { 'x-seen': JSON.stringify(call.headers) }).end();
}

/** Status, attempts, what the pod saw, and whether the caller hears how long it took. */
function ask(port: number, { path, headers }: Case): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      response.resume();
      response.on('error', reject);
      response.on('end', () => {
        const attempts = Number(response.headers['x-envoy-attempt-count']);
        const seen = Object.entries(JSON.parse(String(response.headers['x-seen'] ?? '{}')));
        const fields = seen.flatMap((field) => told(field, attempts)).sort();
        const timed = /^[0-9]+$/.test(String(response.headers['x-envoy-upstream-service-time']));
        resolve(`${response.statusCode} × ${attempts}${timed ? ', timed' : ''} [${fields.join('; ')}]`);
      });
    });
    call.on('error', reject);
    call.end();
  });
}

const nameOf = ({ listener, path, headers }: Case): string => `${listener} ${path} ${JSON.stringify(headers)}`;

describeWithPeers('x-envoy-… headers of requests in Envoy and in the sidecar, on the same file', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const pod = createServer(answerAsPod);
  const seen = new Map<string, Map<string, string>>();

  async function play(ports: readonly number[]): Promise<Map<string, string>> {
    const answers = new Map<string, string>();
    const left = [...TRUST, ...ASKED];
    const names = Object.keys(LISTENERS);
    const work = async (): Promise<void> => {
      for (let next = left.shift(); next !== undefined; next = left.shift())
        answers.set(nameOf(next), await ask(ports[names.indexOf(next.listener)] ?? 0, next));
    };
    await Promise.all(Array.from({ length: 8 }, work));
    return answers;
  }

  beforeAll(async () => {
    await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
    const ports = await freePorts(Object.keys(LISTENERS).length);
    folder.write('bootstrap.json', JSON.stringify(bootstrap((pod.address() as AddressInfo).port, ports)));
    const file = folder.at('bootstrap.json');
    const stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', file, ports[0] ?? 0);
    seen.set('envoy', await play(ports));
    await stopEnvoy();
    const sidecar = startCli(['proxy', '-c', file]);
    await sidecar.says(/ready clusters=/);
    seen.set('sidecar', await play(ports));
    sidecar.child.kill('SIGTERM');
    await sidecar.ended;
  }, 120_000);

  afterAll(() => {
    pod.close();
    pod.closeAllConnections();
    folder.remove();
  });

  const toldBy = (who: string, cases: readonly Case[]) =>
    cases.map((one) => `${nameOf(one)}: ${seen.get(who)?.get(nameOf(one))}`);

  it.each(Object.keys(LISTENERS))(
    '%s: both trust the same callers, and pods see the same of what they ask for',
    (listener) => {
      const cases = TRUST.filter((one) => one.listener === listener);
      expect(cases).toHaveLength(FROM.length);
      expect(toldBy('sidecar', cases)).toEqual(toldBy('envoy', cases));
    },
  );

  it.each(['ranges, by connection', 'respecting', 'suppressing'])(
    '%s: both grant what is asked for, and no more',
    (listener) => {
      const cases = ASKED.filter((one) => one.listener === listener);
      expect(toldBy('sidecar', cases)).toEqual(toldBy('envoy', cases));
    },
  );
});
