// Envoy: one worker, retries, outlier detection, router (bench/envoy-http1.yaml).
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
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
    writeFileSync(file, bootstrap(port, upstreamPorts));
    const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'];
    return { port, ...(await launch({ command: programPath('envoy'), args, cpus: cpus.proxy, port })) };
  },
};

function bootstrap(port: number, upstreamPorts: readonly number[]): string {
  const template = readFileSync(new URL('../envoy-http1.yaml', import.meta.url), 'utf8');
  return upstreamPorts.reduce(
    (text, upstream, index) => text.replace(`port_value: $UPSTREAM_PORT_${index + 1}`, `port_value: ${upstream}`),
    template.replace('port_value: $LISTEN_PORT', `port_value: ${port}`),
  );
}
