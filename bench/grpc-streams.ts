// The scenario of gRPC's streams: Go's client (ghz), one proxy, Go's server; unary calls beside them, by the same programs.
import { startGrpcEcho } from './bed/grpc-echo.ts';
import { probeGrpc } from './bed/probe-http2.ts';
import { GRPC } from './grpc.ts';
import { runGhz } from './measure/ghz.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { RpcWorkload, Workload } from './workload.ts';

const MESSAGES = 100;
const MESSAGE_BYTES = 100;

function calls(name: string, what: string, rpc: RpcWorkload): Workload {
  const sent = { method: 'POST', bodyBytes: MESSAGE_BYTES, fresh: false, connections: 8, streams: 8 } as const;
  return {
    name,
    what: `${what}, 100 bytes each, 8 connections of 8 calls`,
    ...sent,
    path: `/test.Echo/${rpc.method}`,
    rpc,
  };
}

export const GRPC_STREAMS: ProxyScenario = {
  ...GRPC,
  name: 'grpc-streams',
  command: 'grpc-streams',
  what: "messages of gRPC's streams, by Go's client and server (ghz)",
  // An access log has a line for each call, and what is counted here are messages.
  sets: ['bare'],
  workloads: [
    calls('server', 'one message there, 100 back', { method: 'Repeat', sends: 1, answers: MESSAGES }),
    calls('client', '100 messages there, one back', { method: 'Collect', sends: MESSAGES, answers: 1 }),
    calls('both', '100 messages there, each answered', { method: 'Chat', sends: MESSAGES, answers: MESSAGES }),
    calls('unary', 'one message there, one back', { method: 'Unary', sends: 1, answers: 1 }),
  ],
  generator: 'ghz',
  load: runGhz,
  startBackends: (ports, place) => startGrpcEcho(ports, place, MESSAGES),
  // Load and backends fill their CPU before a proxy fills its own: messages per second would say more of them.
  columns: [
    'name',
    'cpuToEnvoy',
    'cpu',
    'cpuSpread',
    'requestsPerSecond',
    'rateSpread',
    'core',
    'others',
    'rss',
    'errors',
  ],
  headline: (summary) => summary.cpuToEnvoy,
  headlineTitle: "CPU per message over Envoy's",
  probe: (proxy) => probeGrpc(proxy, '/test.Echo/Unary'),
};
