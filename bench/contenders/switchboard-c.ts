// Our sidecar on the very file that Envoy runs: no control plane, the same retries and routes.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { renderHttp1Bootstrap } from './http1-bootstrap.ts';
import { BUNDLE, switchboard } from './switchboard.ts';

export const switchboardC: Contender = {
  name: 'switchboard-c',
  available: switchboard.available,
  version: switchboard.version,
  async start({ upstreamPorts, cpus, folder, launch }) {
    const port = await freePort();
    const file = join(folder, 'envoy.yaml');
    writeFileSync(file, renderHttp1Bootstrap(port, upstreamPorts));
    const args = [BUNDLE, 'proxy', '-c', file];
    return { port, ...(await launch({ command: process.execPath, args, cpus: cpus.proxy, port })) };
  },
};
