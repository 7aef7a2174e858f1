// The scenario of HTTP/1.1: wrk, one proxy, three nginx servers.
import { startBackends } from './bed/nginx.ts';
import { probe } from './bed/probe.ts';
import { HTTP1_CONTENDERS } from './contenders/index.ts';
import { runWrk } from './measure/wrk.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { LOADED_COLUMNS } from './report/proxies-columns.ts';
import { WORKLOADS } from './workloads.ts';

export const HTTP1: ProxyScenario = {
  name: 'http1',
  command: 'proxies',
  what: 'HTTP/1.1 through our sidecar and its peers, in one run; a table of ratios (the default)',
  sets: ['bare', 'equipped'],
  contenders: HTTP1_CONTENDERS,
  workloads: WORKLOADS,
  generator: 'wrk',
  load: runWrk,
  startBackends,
  columns: LOADED_COLUMNS,
  headline: (summary) => summary.rateRatio,
  headlineTitle: "requests per second over Envoy's",
  probe,
};
