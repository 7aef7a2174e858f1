// The table of scenarios that send requests through proxies; the first one runs when none is named.
import { GRPC } from './grpc.ts';
import { GRPC_STREAMS } from './grpc-streams.ts';
import { HTTP1 } from './http1.ts';
import { HTTP2 } from './http2.ts';
import { LATENCY } from './latency.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { TCP } from './tcp.ts';
import { HTTP1_TLS, HTTP2_TLS } from './tls.ts';
import { WEBSOCKET } from './websocket.ts';

export const PROXY_SCENARIOS: readonly ProxyScenario[] = [
  ...[HTTP1, HTTP2, GRPC, GRPC_STREAMS, HTTP1_TLS, HTTP2_TLS, TCP, WEBSOCKET, LATENCY],
];
