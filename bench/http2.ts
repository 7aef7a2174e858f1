// The scenario of HTTP/2 with prior knowledge on both sides: h2load, one proxy, three nghttpd.
import { startHttp2Backends } from './bed/nghttpd.ts';
import { probeHttp2 } from './bed/probe-http2.ts';
import { HTTP2_TEMPLATE } from './contenders/bootstrap-file.ts';
import { envoyOn } from './contenders/envoy.ts';
import { nghttpx } from './contenders/nghttpx.ts';
import { nodeScript } from './contenders/node-script.ts';
import { switchboardHttp2 } from './contenders/switchboard.ts';
import { switchboardOn } from './contenders/switchboard-c.ts';
import { runH2load } from './measure/h2load.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { ColumnKey } from './report/proxies-columns.ts';

const RATES = ['rateRatio', 'requestsPerSecond', 'rateSpread'] as const;
const COST = ['cpuRatio', 'cpuToEnvoy', 'cpu', 'cpuSpread', 'core', 'others', 'rss', 'errors'] as const;
const COLUMNS: readonly ColumnKey[] = ['name', ...RATES, ...COST];

const GET = { method: 'GET', path: '/data', bodyBytes: 0, fresh: false } as const;

export const HTTP2: ProxyScenario = {
  name: 'http2',
  command: 'http2',
  what: 'HTTP/2 through our sidecar and its peers (h2load)',
  sets: ['bare', 'equipped'],
  contenders: [
    switchboardHttp2,
    switchboardOn(HTTP2_TEMPLATE),
    { ...nodeScript('floor', 'floor/http2-floor.cjs'), sets: ['bare', 'equipped'] },
    nghttpx,
    envoyOn(HTTP2_TEMPLATE),
  ],
  workloads: [
    { name: '8x8', what: 'GET, 97 bytes back, 8 connections of 8 streams', ...GET, connections: 8, streams: 8 },
    { name: '32x1', what: 'GET, 97 bytes back, 32 connections of 1 stream', ...GET, connections: 32, streams: 1 },
  ],
  generator: 'h2load',
  load: runH2load,
  startBackends: startHttp2Backends,
  columns: COLUMNS,
  headline: (summary) => summary.rateRatio,
  headlineTitle: "requests per second over Envoy's",
  probe: probeHttp2,
};
