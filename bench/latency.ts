// The scenario of added latency: a fixed rate far below what a proxy can do, against calls without a proxy.
import { startBackends } from './bed/nginx.ts';
import { probe } from './bed/probe.ts';
import { direct } from './contenders/direct.ts';
import { envoy } from './contenders/envoy.ts';
import { floor } from './contenders/floor.ts';
import { haproxy } from './contenders/haproxy.ts';
import { nginx } from './contenders/nginx.ts';
import { switchboard } from './contenders/switchboard.ts';
import { switchboardC } from './contenders/switchboard-c.ts';
import { runFortio } from './measure/fortio.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { ColumnKey } from './report/proxies-columns.ts';

const PERCENTILES = ['p50', 'p99', 'p999'] as const;
const ADDED = ['addedP50', 'addedP50Ratio', 'addedP99', 'addedP99Ratio', 'addedP999', 'addedP999Ratio'] as const;
const COLUMNS: readonly ColumnKey[] = [
  'name',
  'requestsPerSecond',
  ...PERCENTILES,
  ...ADDED,
  'cpu',
  'others',
  'errors',
];

const SENT = { connections: 64, method: 'GET', path: '/data', bodyBytes: 0, fresh: false } as const;

export const LATENCY: ProxyScenario = {
  name: 'latency',
  command: 'latency',
  what: 'what a proxy adds to the time of a call, at a fixed rate (fortio)',
  sets: ['bare', 'equipped'],
  contenders: [direct, switchboard, switchboardC, floor, nginx, haproxy, envoy],
  workloads: [
    { name: '2000', what: '2,000 GETs per second, 100 bytes back, 64 connections', ...SENT, perSecond: 2_000 },
  ],
  generator: 'fortio',
  load: runFortio,
  startBackends,
  columns: COLUMNS,
  headline: (summary) => summary.added.p50Us.ratio,
  headlineTitle: "added latency (p50) over Envoy's",
  probe,
};
