// The scenario of gRPC's unary calls: h2load sends what a client sends, nghttpd answers as a server does, with trailers.
import { startHttp2Backends } from './bed/nghttpd.ts';
import { probeGrpc } from './bed/probe-http2.ts';
import { haproxyWith } from './contenders/haproxy.ts';
import { HTTP2 } from './http2.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { GRPC_PATH, type Workload } from './workload.ts';

/** Of the file that h2load sends. */
const MESSAGE_BYTES = 37;
const CALL: Pick<Workload, 'method' | 'path' | 'bodyBytes' | 'fresh' | 'grpc'> = {
  ...{ method: 'POST', path: GRPC_PATH, bodyBytes: MESSAGE_BYTES, fresh: false, grpc: true },
};
const WHAT = 'unary calls, 37 bytes there, 97 and a status back';

export const GRPC: ProxyScenario = {
  ...HTTP2,
  name: 'grpc',
  command: 'grpc',
  what: "gRPC's unary calls, with a deadline, through our sidecar and its peers (h2load)",
  // The floor takes every answer for as long as the first.
  contenders: [
    ...HTTP2.contenders.filter(({ name }) => name !== 'floor' && name !== 'envoy'),
    haproxyWith({ http2: true }),
    ...HTTP2.contenders.filter(({ name }) => name === 'envoy'),
  ],
  workloads: [
    { name: '8x8', what: `${WHAT}, 8 connections of 8 streams`, ...CALL, connections: 8, streams: 8 },
    { name: '32x1', what: `${WHAT}, 32 connections of 1 stream`, ...CALL, connections: 32, streams: 1 },
  ],
  startBackends: (ports, place) => startHttp2Backends(ports, place, { grpc: true }),
  columns: HTTP2.columns.filter((key) => key !== 'cpuRatio'),
  probe: probeGrpc,
};
