// The scenario of WebSockets: messages and their echo over connections that stay.
import { fileURLToPath } from 'node:url';
import { probeWebSocket } from './bed/probe-websocket.ts';
import type { Program } from './bed/programs.ts';
import { WEBSOCKET_TEMPLATE } from './contenders/bootstrap-file.ts';
import { envoyOn } from './contenders/envoy.ts';
import { haproxy } from './contenders/haproxy.ts';
import { nginxWebSocket } from './contenders/nginx-websocket.ts';
import { nodeScript } from './contenders/node-script.ts';
import { switchboardOn } from './contenders/switchboard-c.ts';
import { runWebSocketLoad } from './measure/websocket.ts';
import type { BackendPlace, ProxyScenario } from './proxy-scenario.ts';

const ECHO = fileURLToPath(new URL('./bed/websocket-echo.ts', import.meta.url));

/** One process for all ports: it shares its CPU with the load, and neither is what is measured. */
function startBackends(ports: readonly number[], { cpus, launch }: BackendPlace): Promise<Program> {
  const args = [ECHO, ...ports].map(String);
  return launch({ command: process.execPath, args, cpus: cpus.load, port: ports.at(-1) ?? 0 });
}

const KEPT = { method: 'GET', path: '/echo', fresh: false } as const;

export const WEBSOCKET: ProxyScenario = {
  name: 'websocket',
  command: 'websocket',
  what: 'messages of WebSockets and their echo (a load of our own)',
  sets: ['bare'],
  contenders: [
    switchboardOn(WEBSOCKET_TEMPLATE),
    nodeScript('floor', 'floor/tcp-floor.cjs'),
    nginxWebSocket,
    haproxy,
    envoyOn(WEBSOCKET_TEMPLATE),
  ],
  workloads: [
    {
      name: 'small',
      what: '100 bytes and back, 64 connections, one at a time',
      ...KEPT,
      connections: 64,
      bodyBytes: 100,
    },
    {
      name: '16k',
      what: '16 KiB and back, 16 connections, one at a time',
      ...KEPT,
      connections: 16,
      bodyBytes: 16_384,
    },
  ],
  generator: 'node',
  load: runWebSocketLoad,
  startBackends,
  columns: [
    'name',
    'cpuToEnvoy',
    'cpuRatio',
    'cpu',
    'cpuSpread',
    'requestsPerSecond',
    'rateSpread',
    'core',
    'others',
    'p50',
    'p99',
    'rss',
    'errors',
  ],
  // Load and backends fill their CPU before a proxy fills its own: messages per second would say more of them.
  headline: (summary) => summary.cpuToEnvoy,
  headlineTitle: "CPU per message over Envoy's",
  probe: probeWebSocket,
};
