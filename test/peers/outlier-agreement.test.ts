// Outlier detection in the real Envoy and in our sidecar, out of one file: the same answers, the same hosts out, for the same reasons.
import { status } from '@grpc/grpc-js';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, socketAddress } from '../support/bootstrap-files.ts';
import { httpGet, startEnvoyOn } from '../support/envoy.ts';
import { Http2Backend, type Http2Script } from '../support/http2-backend.ts';
import { Http2Caller } from '../support/http2-caller.ts';
import { always, type HostScript, OUTLIER_CASES, type OutlierCase, well } from '../support/outlier-cases.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { send } from '../support/routed-request.ts';
import { startCli } from '../support/run-cli.ts';
import { type Script, ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { waitUntil } from '../support/wait-until.ts';

const SWEEP_LIMIT_MS = 25_000;
/** At least two intervals. */
const NOBODY_MS = 2_500;
const HTTP2 = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
    '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
    explicit_http_config: { http2_protocol_options: {} },
  },
};

/** Plays a script, from its beginning where it is told so. */
class Host {
  #n = 0;
  readonly backend: ScriptedBackend;

  private constructor(backend: ScriptedBackend) {
    this.backend = backend;
  }

  static async start(script: HostScript): Promise<Host> {
    let host: Host | null = null;
    const play: Script = (_request, connection) => {
      const answer = script(host?.next() ?? 0);
      if (answer === 'reset') connection.reset();
      else if (answer !== 'silence') connection.answer(answer);
    };
    host = new Host(await ScriptedBackend.start(play));
    return host;
  }

  next(): number {
    this.#n += 1;
    return this.#n - 1;
  }

  rewind(): void {
    this.#n = 0;
  }
}

/** How calls of gRPC end, and who is out then. */
const GRPC_CASES: readonly {
  readonly title: string;
  readonly code: number;
  readonly inHead: boolean;
  readonly out: boolean;
  readonly envoy?: boolean;
}[] = [
  { title: 'UNAVAILABLE in the head', code: status.UNAVAILABLE, inHead: true, out: true },
  { title: 'INTERNAL in the head', code: status.INTERNAL, inHead: true, out: true },
  { title: 'UNKNOWN in the head', code: status.UNKNOWN, inHead: true, out: true },
  { title: 'NOT_FOUND in the head', code: status.NOT_FOUND, inHead: true, out: false },
  { title: 'RESOURCE_EXHAUSTED in the head', code: status.RESOURCE_EXHAUSTED, inHead: true, out: false },
  // On purpose: most servers tell how a call went behind its messages, and Envoy takes that for a success.
  { title: 'UNAVAILABLE in the trailers', code: status.UNAVAILABLE, inHead: false, out: true, envoy: false },
  { title: 'NOT_FOUND in the trailers', code: status.NOT_FOUND, inHead: false, out: false },
];

function grpcScript({ code, inHead }: { readonly code: number; readonly inHead: boolean }): Http2Script {
  const head = { ':status': 200, 'content-type': 'application/grpc' };
  return (stream) => {
    if (inHead) {
      stream.respond({ ...head, 'grpc-status': String(code) }, { endStream: true });
      return;
    }
    stream.respond(head, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(code) }));
    stream.end('message');
  };
}

interface Side {
  readonly port: number;
  readonly adminPort: number;
}

/** Hosts that are out, by their ports. */
async function ejectedPorts({ adminPort }: Side, cluster: string): Promise<readonly number[]> {
  const page = JSON.parse((await httpGet(adminPort, '/clusters?format=json', 'localhost')).body) as ClustersPage;
  const hosts = page.cluster_statuses.find(({ name }) => name === cluster)?.host_statuses ?? [];
  return hosts
    .filter(({ health_status: health }) => health.failed_outlier_check === true)
    .map(({ address }) => address.socket_address.port_value);
}

interface ClustersPage {
  readonly cluster_statuses: readonly {
    readonly name: string;
    readonly host_statuses?: readonly {
      readonly address: { readonly socket_address: { readonly port_value: number } };
      readonly health_status: { readonly failed_outlier_check?: boolean };
    }[];
  }[];
}

const LENGTHS = 'lengths';
const nameOf = (index: number): string => `case-${index}`;
const grpcNameOf = (index: number): string => `grpc-${index}`;

describeWithPeers('Outlier detection in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const hosts: (readonly (Host | null)[])[] = [];
  const grpcBackends: Http2Backend[] = [];
  let sick: Host | null = null;
  let healthy: Host | null = null;
  /** Of hosts where nobody listens. */
  let refusing: readonly number[] = [];
  const sides: Record<'envoy' | 'sidecar', Side> = {
    envoy: { port: 0, adminPort: 0 },
    sidecar: { port: 0, adminPort: 0 },
  };
  const closers: (() => Promise<unknown>)[] = [];

  const portsOf = (index: number): readonly number[] =>
    (hosts[index] ?? []).map((host, at) => host?.backend.port ?? (refusing[index * 8 + at] as number));

  beforeAll(async () => {
    for (const { hosts: scripts } of OUTLIER_CASES) {
      hosts.push(await Promise.all(scripts.map((script) => (script === null ? null : Host.start(script)))));
    }
    [sick, healthy] = await Promise.all([Host.start(always(500)), Host.start(well)]);
    for (const one of GRPC_CASES) {
      grpcBackends.push(
        await Http2Backend.start(grpcScript(one)),
        await Http2Backend.start(grpcScript({ code: 0, inHead: false })),
      );
    }
    const [envoy = 0, envoyAdmin = 0, sidecar = 0, sidecarAdmin = 0] = await freePorts(4);
    sides.envoy = { port: envoy, adminPort: envoyAdmin };
    sides.sidecar = { port: sidecar, adminPort: sidecarAdmin };
    refusing = await freePorts(OUTLIER_CASES.length * 8);
    folder.write('envoy.json', JSON.stringify(bootstrap(sides.envoy)));
    folder.write('sidecar.json', JSON.stringify(bootstrap(sides.sidecar)));
    closers.push(await startEnvoyOn(paths['envoy'] ?? '', folder.at('envoy.json'), envoy));
    const cli = startCli(['proxy', '-c', folder.at('sidecar.json')]);
    closers.push(() => {
      cli.child.kill('SIGKILL');
      return cli.ended;
    });
    await cli.says(/ready clusters=/);
  }, 60_000);

  afterAll(async () => {
    for (const close of closers) await close();
    for (const host of [...hosts.flat(), sick, healthy]) await host?.backend.close();
    for (const backend of grpcBackends) backend.close();
    folder.remove();
  });

  function bootstrap({ port, adminPort }: Side): object {
    const clusters = OUTLIER_CASES.map(({ detection }, index) => ({
      name: nameOf(index),
      type: 'STATIC',
      connect_timeout: '1s',
      outlier_detection: detection,
      load_assignment: loadAssignment(
        nameOf(index),
        portsOf(index).map((one) => ['127.0.0.1', one] as const),
      ),
    }));
    const grpcClusters = GRPC_CASES.map((_, index) => ({
      name: grpcNameOf(index),
      type: 'STATIC',
      connect_timeout: '1s',
      outlier_detection: { base_ejection_time: '60s', max_ejection_percent: 50 },
      typed_extension_protocol_options: HTTP2,
      load_assignment: loadAssignment(
        grpcNameOf(index),
        grpcBackends.slice(2 * index, 2 * index + 2).map(({ port: one }) => ['127.0.0.1', one] as const),
      ),
    }));
    const lengths = {
      name: LENGTHS,
      type: 'STATIC',
      connect_timeout: '1s',
      outlier_detection: {
        ...{ consecutive_5xx: 1, max_ejection_percent: 50, enforcing_success_rate: 0 },
        ...{ interval: '0.4s', base_ejection_time: '0.5s', max_ejection_time: '1s' },
      },
      load_assignment: loadAssignment(
        LENGTHS,
        [sick, healthy].map((host) => ['127.0.0.1', host?.backend.port ?? 0] as const),
      ),
    };
    const all = [...clusters, ...grpcClusters, lengths];
    // Long for all but those that wait for it: a machine under load answers late.
    const timeouts = OUTLIER_CASES.map(({ silent }) => (silent === undefined ? '10s' : '0.1s'));
    const virtualHosts = all.map(({ name }, index) => ({
      name,
      domains: [`${name}.test`],
      routes: [{ match: { prefix: '/' }, route: { cluster: name, timeout: timeouts[index] ?? '10s' } }],
    }));
    const manager = { codec_type: 'AUTO', route_config: { name: 'r', virtual_hosts: virtualHosts } };
    return {
      admin: { address: socketAddress('127.0.0.1', adminPort) },
      static_resources: { listeners: [listenerOf('l', port, manager)], clusters: all },
    };
  }

  /** Who is out, by index. */
  async function outOf(side: Side, index: number): Promise<readonly number[]> {
    const out = await ejectedPorts(side, nameOf(index));
    return portsOf(index).flatMap((port, at) => (out.includes(port) ? [at] : []));
  }

  const ask = (side: Side, index: number, count: number): Promise<void> => askOf(side, nameOf(index), count);

  async function askOf(side: Side, name: string, count: number): Promise<void> {
    for (let time = 0; time < count; time += 1) {
      await send(side.port, { host: `${name}.test`, path: '/', method: 'POST', body: 'x' });
    }
  }

  async function play(
    side: Side,
    one: OutlierCase,
    index: number,
    expected: OutlierCase['out'],
  ): Promise<readonly number[]> {
    for (const host of hosts[index] ?? []) host?.rewind();
    if (one.swept === undefined) {
      await ask(side, index, one.requests);
      return outOf(side, index);
    }
    // The interval may end while they are being sent: then there are too few of them, and they are sent again.
    const begin = performance.now();
    const again = async (): Promise<readonly number[] | null> => {
      await ask(side, index, one.requests);
      const out = await outOf(side, index);
      const done = expected.length === 0 ? performance.now() - begin > NOBODY_MS : out.length > 0;
      return done || out.length > expected.length ? out : null;
    };
    return waitUntil(one.title, again, SWEEP_LIMIT_MS);
  }

  it.each(OUTLIER_CASES.map((one, index) => [one.title, one, index] as const))(
    '%s',
    async (_, one, index) => {
      for (const name of ['envoy', 'sidecar'] as const) {
        const expected = name === 'sidecar' ? (one.sidecar?.out ?? one.out) : one.out;
        const out = await play(sides[name], one, index, expected);
        if (typeof expected === 'string')
          expect([name, out.length]).toEqual([name, expected === 'one of them' ? 1 : 2]);
        else expect([name, out]).toEqual([name, expected]);
      }
    },
    60_000,
  );

  it('an ejection lasts its base time and ends by itself, and another may follow', async () => {
    for (const side of ['envoy', 'sidecar'] as const) {
      for (let time = 0; time < 2; time += 1) {
        const before = performance.now();
        await waitUntil('the host is out', async () => {
          await askOf(sides[side], LENGTHS, 2);
          return (await ejectedPorts(sides[side], LENGTHS)).length === 0 ? null : true;
        });
        await waitUntil('it is in again', async () =>
          (await ejectedPorts(sides[side], LENGTHS)).length === 0 ? true : null,
        );
        expect([side, performance.now() - before >= 500]).toEqual([side, true]);
      }
    }
  }, 30_000);

  it.each(GRPC_CASES.map((one, index) => [one.title, one, index] as const))(
    'calls that end with %s',
    async (_, one, index) => {
      const name = grpcNameOf(index);
      for (const side of ['envoy', 'sidecar'] as const) {
        const caller = new Http2Caller(sides[side].port);
        const fields = {
          ':method': 'POST',
          ':authority': `${name}.test`,
          'content-type': 'application/grpc',
          te: 'trailers',
        };
        for (let time = 0; time < 14; time += 1) await caller.ask(`${name}.test`, fields, 'question');
        caller.close();
        const expected = side === 'envoy' ? (one.envoy ?? one.out) : one.out;
        expect([side, (await ejectedPorts(sides[side], name)).length]).toEqual([side, expected ? 1 : 0]);
      }
    },
  );
});
