// How much memory one sidecar takes while it dials a few of the mesh's Services.
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePorts } from '../bed/ports.ts';
import type { Program, Programs } from '../bed/programs.ts';
import { readUsage } from '../measure/process-usage.ts';
import type { SidecarResult, SidecarScope } from '../report/control-plane-report.ts';
import { hostOf } from './mesh.ts';
import { nowUs } from './messages.ts';
import { type Bed, startServer } from './push-run.ts';

export const SIDECAR_BUNDLE = fileURLToPath(new URL('../../dist/switchboard.mjs', import.meta.url));
const ENDPOINTS = 10;
const DIALLED = 5;
const READY_LIMIT_MS = 120_000;
const POLL_MS = 100;
const YOUNG_SECONDS = 10;
/** V8 gives room that its heap needed at the start back to the system when it has had little to do for about half a minute. */
const RESTED_SECONDS = 60;

export interface SidecarBed extends Bed {
  readonly programs: Programs;
}

/** Throws when a Service that is dialled does not answer. */
export async function measureSidecar(bed: SidecarBed, services: number, scope: SidecarScope): Promise<SidecarResult> {
  bed.say(`sidecar, ${scope}: ${services} Services in the mesh, ${DIALLED} dialled`);
  const backend = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(backend, 'listening');
  try {
    return await measure(bed, services, scope, portOf(backend));
  } finally {
    backend.close();
    backend.closeAllConnections();
  }
}

async function measure(bed: SidecarBed, services: number, scope: SidecarScope, port: number): Promise<SidecarResult> {
  const answering = { services: DIALLED, port };
  const server = await startServer(bed, { services, endpoints: ENDPOINTS, changes: 0, answering });
  const { port: xds } = await server.next('ready');
  const [outbound, admin] = (await freePorts(2)) as [number, number];
  const startUs = nowUs();
  const sidecar = await launchSidecar(bed, scope, { xds, outbound, admin });
  await dialAll(outbound, READY_LIMIT_MS);
  const readyUs = nowUs() - startUs;
  const youngRssBytes = await readRss(bed, sidecar, outbound, YOUNG_SECONDS);
  const rssBytes = await readRss(bed, sidecar, outbound, RESTED_SECONDS - YOUNG_SECONDS);
  await sidecar.stop();
  await server.stop();
  return { scope, services, dialled: DIALLED, readyUs, youngRssBytes, rssBytes };
}

/** After so many seconds in which each Service was called once a second. */
async function readRss(bed: SidecarBed, sidecar: Program, outbound: number, seconds: number): Promise<number> {
  for (let second = 0; second < seconds; second += 1) {
    await delay(1_000);
    await dialAll(outbound, 1_000);
  }
  return readUsage(sidecar.pid, bed.units).rssBytes;
}

interface SidecarPorts {
  readonly xds: number;
  readonly outbound: number;
  readonly admin: number;
}

function launchSidecar(
  { programs, cpus }: SidecarBed,
  scope: SidecarScope,
  { xds, outbound, admin }: SidecarPorts,
): Promise<Program> {
  return programs.launch({
    command: process.execPath,
    args: [SIDECAR_BUNDLE, 'proxy'],
    cpus: cpus.load,
    port: admin,
    env: {
      SWITCHBOARD_XDS_SCOPE: scope,
      SWITCHBOARD_XDS_ADDRESS: `127.0.0.1:${xds}`,
      SWITCHBOARD_OUTBOUND_ADDRESSES: `127.0.0.1:${outbound}`,
      SWITCHBOARD_ADMIN_ADDRESS: `127.0.0.1:${admin}`,
      SWITCHBOARD_ACCESS_LOG: 'off',
    },
  });
}

/** Until each has answered 200. */
async function dialAll(outbound: number, limitMs: number): Promise<void> {
  const endUs = nowUs() + limitMs * 1000;
  for (let service = 0; service < DIALLED; service += 1) {
    let told = await dial(outbound, service);
    while (told !== '200' && nowUs() < endUs) {
      await delay(POLL_MS);
      told = await dial(outbound, service);
    }
    if (told !== '200') throw new Error(`${hostOf(service)} through the sidecar: ${told}`);
  }
}

/** The status, or why there is none. */
function dial(port: number, service: number): Promise<string> {
  return new Promise((resolve) => {
    const headers = { host: hostOf(service) };
    const call = request({ host: '127.0.0.1', port, headers, agent: false, timeout: 10_000 }, (response) => {
      response.resume();
      response.on('error', (error) => resolve(error.message));
      response.on('end', () => resolve(String(response.statusCode)));
    });
    call.on('timeout', () => call.destroy(new Error('no answer in 10 s')));
    call.on('error', (error) => resolve(error.message));
    call.end();
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  return address.port;
}
