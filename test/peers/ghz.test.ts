// Go's gRPC client (ghz) through the sidecar to gRPC's server for Node: every call and message arrives once, and so do deadlines and cancellations.
import { status } from '@grpc/grpc-js';
import { freePort } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, routesTo } from '../support/bootstrap-files.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import { type GhzOptions, type GhzReport, runGhz } from '../support/ghz.ts';
import { type EchoCalls, GrpcEcho } from '../support/grpc-echo.ts';
import type { LivePlane } from '../support/live-plane.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { Stage } from '../support/stage.ts';
import { TempFolder } from '../support/temp-folder.ts';
import { until } from '../support/until.ts';

const LIMIT_MS = 60_000;
const SPREAD = ['-c', '20', '--connections', '4'];

const stage = new Stage();
const servers: GrpcEcho[] = [];
const folder = new TempFolder();
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  for (const server of servers.splice(0)) server.close();
  await stage.close();
});
afterAll(() => folder.remove());

/** What the pods have seen. */
interface Counts {
  calls: number;
  /** From callers. */
  messages: number;
}

/** As GrpcEcho's, counted, and each message of an answer one that can be read. */
function counted(counts: Counts): Required<EchoCalls> {
  return {
    unary: (call, done) => {
      counts.calls += 1;
      done(null, call.request);
    },
    collect: (call, done) => {
      counts.calls += 1;
      let last: Buffer = Buffer.alloc(0);
      call.on('data', (message: Buffer) => {
        counts.messages += 1;
        last = message;
      });
      call.on('end', () => done(null, last));
    },
    repeat: (call) => {
      counts.calls += 1;
      for (let i = 0; i < 5; i += 1) call.write(call.request);
      call.end();
    },
    chat: (call) => {
      counts.calls += 1;
      call.on('data', (message: Buffer) => {
        counts.messages += 1;
        call.write(message);
      });
      call.on('end', () => call.end());
    },
  };
}

async function setUp(calls: EchoCalls = {}, pods = 1): Promise<{ plane: LivePlane; counts: Counts }> {
  const counts: Counts = { calls: 0, messages: 0 };
  const own = await Promise.all(Array.from({ length: pods }, () => GrpcEcho.start({ ...counted(counts), ...calls })));
  servers.push(...own);
  return { plane: await stage.plane({ services: { web: own }, http2Services: ['web'] }), counts };
}

/** An Envoy that sends every call to a port; resolves with its own. */
async function envoyTo(path: string, target: number): Promise<number> {
  const port = await freePort();
  const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
  const cluster = {
    name: 'next',
    type: 'STATIC',
    connect_timeout: '1s',
    typed_extension_protocol_options: {
      [options]: { '@type': `type.googleapis.com/${options}`, explicit_http_config: { http2_protocol_options: {} } },
    },
    load_assignment: loadAssignment('next', [['127.0.0.1', target]]),
  };
  const listeners = [listenerOf('front', port, { codec_type: 'HTTP2', ...routesTo('next') })];
  folder.write(`${port}.json`, JSON.stringify({ static_resources: { listeners, clusters: [cluster] } }));
  stops.push(await startEnvoyOn(path, folder.at(`${port}.json`), port));
  return port;
}

describeWithPeers('gRPC calls of Go through the sidecar', ['ghz', 'envoy'], (paths) => {
  const call = (port: number, method: GhzOptions['method'], ...options: readonly string[]): Promise<GhzReport> =>
    runGhz({ path: paths['ghz'] ?? '', port, method, options });

  it(
    'all end well, 2,000 of one message each way, and are spread over three pods one by one',
    async () => {
      const { plane, counts } = await setUp({}, 3);
      const report = await call(plane.port, 'Unary', '-n', '2000', ...SPREAD);
      expect(report).toEqual({ count: 2_000, statuses: { OK: 2_000 }, errors: {} });
      expect(counts.calls).toBe(2_000);
      const each = servers.map((server) => plane.endpoint('web', server)?.requestsTotal ?? 0);
      for (const share of each) expect([666, 667]).toContain(share);
      expect(plane.stat('http.outbound.downstream_cx_http2_total')).toBe(4);
      expect(plane.stat('http.outbound.downstream_rq_http2_total')).toBe(2_000);
    },
    LIMIT_MS,
  );

  it.each([
    ['streams of callers', 'Collect', 2_000],
    ['streams of pods', 'Repeat', 0],
    ['conversations', 'Chat', 2_000],
  ] as const)(
    'bring every message: 200 %s of ten messages',
    async (_what, method, messages) => {
      const { plane, counts } = await setUp();
      const report = await call(plane.port, method, '-n', '200', '--stream-call-count', '10', ...SPREAD);
      expect(report).toEqual({ count: 200, statuses: { OK: 200 }, errors: {} });
      expect([counts.calls, counts.messages]).toEqual([200, messages]);
    },
    LIMIT_MS,
  );

  it(
    'bring messages of 100 kB both ways',
    async () => {
      const { plane, counts } = await setUp();
      const options = ['-n', '20', '-c', '4', '--stream-call-count', '10'];
      const text = 'x'.repeat(100_000);
      const report = await runGhz({ path: paths['ghz'] ?? '', port: plane.port, method: 'Chat', text, options });
      expect(report.statuses).toEqual({ OK: 20 });
      expect(counts.messages).toBe(200);
    },
    LIMIT_MS,
  );

  it(
    'end at their deadline, of which the pod is told no more than is left',
    async () => {
      const left: number[] = [];
      let cancelled = 0;
      const { plane } = await setUp({
        unary: (call) => {
          left.push(Number(call.getDeadline()) - Date.now());
          call.on('cancelled', () => {
            cancelled += 1;
          });
        },
      });
      const report = await call(plane.port, 'Unary', '-n', '20', '-c', '20', '-t', '300ms');
      expect(report.statuses).toEqual({ DeadlineExceeded: 20 });
      await until('the pod knows', () => cancelled === 20);
      expect(Math.max(...left)).toBeLessThanOrEqual(301);
      await plane.quiet();
    },
    LIMIT_MS,
  );

  it(
    'that are given up are cancelled at the pod, and leave nothing open',
    async () => {
      let [opened, cancelled] = [0, 0];
      const { plane } = await setUp({
        chat: (conversation) => {
          opened += 1;
          conversation.on('cancelled', () => {
            cancelled += 1;
          });
          conversation.on('data', (message: Buffer) => conversation.write(message));
        },
      });
      // At the end of its time ghz closes its connections, whatever is in work on them.
      const stop = ['-z', '400ms', '--stream-interval', '20ms', '--stream-call-count', '1000'];
      const report = await call(plane.port, 'Chat', '-c', '10', ...stop);
      expect(report.statuses['OK']).toBeUndefined();
      expect(opened).toBeGreaterThanOrEqual(10);
      await until('the pod knows', () => cancelled === opened);
      await plane.quiet();
      expect(plane.stat('cluster.web.http2.streams_active')).toBe(0);
    },
    LIMIT_MS,
  );

  it(
    'that fail bring the status of the pod',
    async () => {
      const { plane } = await setUp({ unary: (_call, done) => done({ code: status.NOT_FOUND, details: 'no cart' }) });
      const report = await call(plane.port, 'Unary', '-n', '100', '-c', '10');
      expect(report.statuses).toEqual({ NotFound: 100 });
    },
    LIMIT_MS,
  );

  it.each(['in front of it', 'behind it'])(
    'end well with an Envoy %s: of one message, and conversations',
    async (place) => {
      const counts: Counts = { calls: 0, messages: 0 };
      const server = await GrpcEcho.start(counted(counts));
      servers.push(server);
      const envoy = paths['envoy'] ?? '';
      const behind = place === 'behind it';
      const pod = behind ? { host: '127.0.0.1', port: await envoyTo(envoy, server.port) } : server;
      const plane = await stage.plane({ services: { web: [pod] }, http2Services: ['web'] });
      const port = behind ? plane.port : await envoyTo(envoy, plane.port);
      expect((await call(port, 'Unary', '-n', '500', ...SPREAD)).statuses).toEqual({ OK: 500 });
      const chats = await call(port, 'Chat', '-n', '50', '--stream-call-count', '10', ...SPREAD);
      expect(chats.statuses).toEqual({ OK: 50 });
      expect([counts.calls, counts.messages]).toEqual([550, 500]);
    },
    LIMIT_MS,
  );
});
