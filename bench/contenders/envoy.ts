// Envoy: one worker, retries, outlier detection, router (bench/envoy-http1.yaml).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { renderHttp1Bootstrap } from './http1-bootstrap.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const envoy: Contender = {
  name: 'envoy',
  // A debug build would make every other proxy look good.
  available: () =>
    missing('envoy') ?? (versionLine('envoy', '--version').includes('RELEASE') ? null : 'not a RELEASE build'),
  version: () => versionLine('envoy', '--version').replace(/^.*version: /, ''),
  async start({ upstreamPorts, cpus, folder, launch }) {
    const port = await freePort();
    const file = join(folder, 'envoy.yaml');
    writeFileSync(file, renderHttp1Bootstrap(port, upstreamPorts));
    const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'];
    return { port, ...(await launch({ command: programPath('envoy'), args, cpus: cpus.proxy, port })) };
  },
};
