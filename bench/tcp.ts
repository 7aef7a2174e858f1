// The scenario of TCP: bytes that no proxy looks into. They are HTTP/1.1 for the load and the backends only.
import { startBackends } from './bed/nginx.ts';
import { probe } from './bed/probe.ts';
import { TCP_TEMPLATE } from './contenders/bootstrap-file.ts';
import { envoyOn } from './contenders/envoy.ts';
import { haproxyTcp } from './contenders/haproxy-tcp.ts';
import { nginxStream } from './contenders/nginx-stream.ts';
import { nodeScript } from './contenders/node-script.ts';
import { switchboardOn } from './contenders/switchboard-c.ts';
import { runWrk } from './measure/wrk.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { ColumnKey } from './report/proxies-columns.ts';

const RATES = ['rateRatio', 'requestsPerSecond', 'rateSpread', 'megabytes'] as const;
const COLUMNS: readonly ColumnKey[] = [
  'name',
  ...RATES,
  'cpuToEnvoy',
  'cpu',
  'cpuSpread',
  'core',
  'others',
  'rss',
  'errors',
];

const GET = { method: 'GET', bodyBytes: 0 } as const;

export const TCP: ProxyScenario = {
  name: 'tcp',
  command: 'tcp',
  what: 'bytes and connections through tcp_proxy and its peers (wrk)',
  sets: ['bare'],
  contenders: [
    switchboardOn(TCP_TEMPLATE),
    nodeScript('floor', 'floor/tcp-floor.cjs'),
    nginxStream,
    haproxyTcp,
    envoyOn(TCP_TEMPLATE),
  ],
  workloads: [
    {
      name: 'bytes',
      what: '1 MiB at a time over 16 kept connections',
      ...GET,
      connections: 16,
      path: '/1m',
      fresh: false,
    },
    {
      name: 'small',
      what: '100 bytes at a time over 64 kept connections',
      ...GET,
      connections: 64,
      path: '/data',
      fresh: false,
    },
    {
      name: 'connections',
      what: 'a new connection for each 100 bytes, 64 at once',
      ...GET,
      connections: 64,
      path: '/data',
      fresh: true,
    },
  ],
  generator: 'wrk',
  load: runWrk,
  startBackends,
  columns: COLUMNS,
  headline: (summary) => summary.rateRatio,
  headlineTitle: "answers per second over Envoy's",
  probe,
};
