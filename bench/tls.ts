// The scenarios of HTTP/1.1 and HTTP/2 once more, with TLS on both sides of the proxy.
import { startHttp2Backends } from './bed/nghttpd.ts';
import { startBackends } from './bed/nginx.ts';
import { probe } from './bed/probe.ts';
import { probeHttp2 } from './bed/probe-http2.ts';
import { HTTP1_TLS_TEMPLATE, HTTP2_TLS_TEMPLATE } from './contenders/bootstrap-file.ts';
import { envoyOn } from './contenders/envoy.ts';
import { haproxyWith } from './contenders/haproxy.ts';
import { nghttpxWith } from './contenders/nghttpx.ts';
import { nginxWith } from './contenders/nginx.ts';
import { switchboardOn } from './contenders/switchboard-c.ts';
import { HTTP1 } from './http1.ts';
import { HTTP2 } from './http2.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { Workload } from './workload.ts';

function withTls([first, ...others]: ProxyScenario['workloads'], names: readonly string[]): ProxyScenario['workloads'] {
  const change = (workload: Workload): Workload => ({ ...workload, what: `${workload.what}, TLS`, tls: true });
  return [change(first), ...others.filter(({ name }) => names.includes(name)).map(change)];
}

/** Nothing here is compared with a floor, which speaks no TLS. */
const columns = HTTP2.columns.filter((key) => key !== 'cpuRatio');

export const HTTP1_TLS: ProxyScenario = {
  ...HTTP1,
  name: 'http1-tls',
  command: 'tls',
  what: 'HTTP/1.1 with TLS on both sides',
  contenders: [
    switchboardOn(HTTP1_TLS_TEMPLATE),
    nginxWith(true),
    haproxyWith({ tls: true }),
    envoyOn(HTTP1_TLS_TEMPLATE),
  ],
  workloads: withTls(HTTP1.workloads, ['64k', 'fresh']),
  startBackends: (ports, place) => startBackends(ports, place, true),
  columns,
  probe: (proxy) => probe(proxy, true),
};

export const HTTP2_TLS: ProxyScenario = {
  ...HTTP2,
  name: 'http2-tls',
  command: 'http2-tls',
  what: 'HTTP/2 with TLS on both sides (h2load)',
  contenders: [
    switchboardOn(HTTP2_TLS_TEMPLATE),
    nghttpxWith(true),
    haproxyWith({ tls: true, http2: true }),
    envoyOn(HTTP2_TLS_TEMPLATE),
  ],
  workloads: withTls(HTTP2.workloads, ['32x1']),
  startBackends: (ports, place) => startHttp2Backends(ports, place, { tls: true }),
  columns,
  probe: (proxy) => probeHttp2(proxy, true),
};
