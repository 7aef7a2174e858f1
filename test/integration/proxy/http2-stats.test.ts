// Promises about what is counted of HTTP/2: of each listener and each cluster, under Envoy's names.
import { constants } from 'node:http2';
import { DATA, GOAWAY, PING, RST_STREAM } from '../../../src/proxy/codec/http2/frame.ts';
import { renderPrometheus } from '../../../src/telemetry/prometheus.ts';
import { Http2Backend, type Http2Script } from '../../support/http2-backend.ts';
import { Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlane, LivePlaneOptions } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { RawHttp2Caller, REQUEST } from '../../support/raw-http2-caller.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';

const stage = new Stage();
const closers: (() => void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) close();
  await stage.close();
});

const ok: Http2Script = (stream) => stream.respond({}, { endStream: true });

async function setUp(script: Http2Script = ok, options: LivePlaneOptions = {}) {
  const backend = await Http2Backend.start(script);
  closers.push(() => backend.close());
  const plane = await stage.plane({ services: { web: [backend] }, http2Services: ['web'], ...options });
  const caller = new Http2Caller(plane.port);
  closers.push(() => caller.close());
  return { backend, plane, caller };
}

async function raw(plane: LivePlane): Promise<RawHttp2Caller> {
  const caller = await RawHttp2Caller.connect(plane.port);
  closers.push(() => caller.socket.destroy());
  return caller;
}

const down = (plane: LivePlane, name: string): number => plane.stat(`http.outbound.${name}`);
const up = (plane: LivePlane, name: string): number => plane.stat(`cluster.web.${name}`);

describe('connections and streams', () => {
  it('are counted on both sides, as long as they are open and for ever', async () => {
    const open: (() => void)[] = [];
    const { plane, caller } = await setUp((stream) => {
      open.push(() => stream.respond({}, { endStream: true }));
    });
    const answers = [caller.ask('web'), caller.ask('web'), caller.ask('web')];
    await until('all are with the pod', () => open.length === 3);
    for (const count of [down, up]) expect(count(plane, 'http2.streams_active')).toBe(3);
    expect([down(plane, 'downstream_cx_http2_active'), up(plane, 'upstream_cx_http2_active')]).toEqual([1, 1]);
    for (const answer of open) answer();
    await Promise.all(answers);
    for (const count of [down, up]) expect(count(plane, 'http2.streams_active')).toBe(0);
    expect([down(plane, 'downstream_rq_http2_total'), up(plane, 'upstream_rq_http2_total')]).toEqual([3, 3]);
    caller.close();
    await until('it is closed', () => down(plane, 'downstream_cx_http2_active') === 0);
    expect([down(plane, 'downstream_cx_http2_total'), up(plane, 'upstream_cx_http2_total')]).toEqual([1, 1]);
  });

  it('are told where there were any, and cost no line elsewhere', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    await (await plane.client()).ask(get('web'));
    expect(renderPrometheus([plane.plane])).not.toContain('cx_http2');
    const caller = new Http2Caller(plane.port);
    closers.push(() => caller.close());
    await caller.ask('web');
    expect(renderPrometheus([plane.plane])).toContain(
      'envoy_http_downstream_cx_http2_total{envoy_http_conn_manager_prefix="outbound"} 1\n',
    );
    expect(renderPrometheus([plane.plane])).not.toContain('envoy_cluster_upstream_cx_http2');
  });
});

describe('resets', () => {
  it('are counted as sent and received, by code', async () => {
    const { plane, caller, backend } = await setUp((stream, headers) => {
      if (headers[':path'] === '/hold') return;
      stream.close(constants.NGHTTP2_INTERNAL_ERROR);
    });
    const left = caller.open('web', { ':path': '/hold' });
    await until('the pod has it', () => backend.streams.length === 1);
    left.close(constants.NGHTTP2_CANCEL);
    await until('it is counted', () => down(plane, 'http2.rx_reset') === 1);
    expect([down(plane, 'http2.rx_reset_cancel'), down(plane, 'http2.tx_reset')]).toEqual([1, 0]);
    // The pod need not go on either.
    await until('the pod is told', () => up(plane, 'http2.tx_reset_cancel') === 1);
    const failed = await caller.ask('web', { ':method': 'POST' }, 'x');
    expect(failed.status).toBe(503);
    expect([up(plane, 'http2.rx_reset'), up(plane, 'http2.rx_reset_internal_error')]).toEqual([1, 1]);
    expect(down(plane, 'http2.rx_reset_internal_error')).toBeNaN();
  });

  it('of codes without a name are counted together', async () => {
    const { plane, backend } = await setUp(() => {});
    const caller = await raw(plane);
    caller.send(caller.headers(1), caller.headers(3));
    await until('the pod has them', () => backend.streams.length === 2);
    caller.send(frame(RST_STREAM, 0, 1, '000000ff'), frame(RST_STREAM, 0, 3, 'ffffffff'));
    await until('they are counted', () => down(plane, 'http2.rx_reset') === 2);
    expect(down(plane, 'http2.rx_reset_other')).toBe(2);
  });
});

describe('heads that repeat', () => {
  it('are counted from the third on, once the tables have settled: of ten alike, and of ten that differ none', async () => {
    const { plane, caller } = await setUp((stream) => {
      // A date of its own would differ from second to second.
      stream.respond({ ':status': 200, date: 'Sat, 21 Nov 2026 12:00:00 GMT' });
      stream.end();
    });
    const reused = () => [down(plane, 'http2.header_block_reused'), up(plane, 'http2.header_block_reused')];
    for (let call = 0; call < 10; call += 1) await caller.ask('web', { ':path': `/${call}` });
    expect(reused()[0]).toBe(0);
    for (let call = 0; call < 10; call += 1) await caller.ask('web', { ':path': '/same' });
    const [fromCaller, fromPod] = reused();
    expect(fromCaller).toBeGreaterThanOrEqual(7);
    expect(fromPod).toBeGreaterThanOrEqual(14);
  });
});

describe('what connections say', () => {
  it('is counted: PING, GOAWAY, trailers', async () => {
    const { plane, caller } = await setUp((stream) => {
      stream.respond({}, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }));
      stream.end('x');
    });
    expect((await caller.ask('web')).trailers['x-sum']).toBe('1');
    expect([up(plane, 'http2.trailers'), down(plane, 'http2.trailers')]).toEqual([1, 0]);
    const other = await raw(plane);
    other.send(frame(PING, 0, 0, Buffer.alloc(8)), frame(GOAWAY, 0, 0, '00000000 00000000'));
    await until('both are counted', () => down(plane, 'http2.goaway_received') === 1);
    expect(down(plane, 'http2.ping_received')).toBe(1);
    const sent = down(plane, 'http2.goaway_sent');
    plane.plane.drain();
    await until('callers are told', () => down(plane, 'http2.goaway_sent') >= sent + 2);
  });

  it('is counted where it is wrong: heads beyond the limit, malformed ones', async () => {
    const { plane, caller } = await setUp();
    expect((await caller.ask('web', { 'x-large': 'v'.repeat(62_000) })).status).toBe(431);
    const other = await raw(plane);
    other.send(other.headers(1, [...REQUEST, ['Upper', 'x']]));
    await until('it is refused', () => down(plane, 'http2.tx_reset_protocol_error') === 1);
    expect([down(plane, 'http2.header_overflow'), down(plane, 'http2.rx_messaging_error')]).toEqual([1, 1]);
  });

  it.each([
    ['inbound_control_frames_flood', () => frame(PING, 0, 0, Buffer.alloc(8)), 20_000],
    ['inbound_empty_frames_flood', () => frame(DATA, 0, 1), 1_000],
    [
      'inbound_reset_flood',
      (caller: RawHttp2Caller, index: number) =>
        Buffer.concat([caller.headers(index * 2 + 3), frame(RST_STREAM, 0, index * 2 + 3, '00000008')]),
      5_000,
    ],
  ])('is counted as %s where it ends a connection', async (name, make, count) => {
    const { plane } = await setUp(() => {});
    const caller = await raw(plane);
    caller.send(caller.headers(1, REQUEST, 4));
    caller.send(...Array.from({ length: count }, (_, index) => make(caller, index)));
    expect(await caller.cutOff()).toBe(11);
    expect(down(plane, `http2.${name}`)).toBe(1);
  });
});
