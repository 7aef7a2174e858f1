// HAProxy in its TCP mode: one thread, round robin.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { haproxy } from './haproxy.ts';
import { programPath } from './installed-program.ts';

export const haproxyTcp: Contender = {
  name: 'haproxy',
  available: haproxy.available,
  version: haproxy.version,
  async start({ upstreamPorts, cpus, folder, launch }) {
    const port = await freePort();
    const file = join(folder, 'haproxy.cfg');
    writeFileSync(file, configuration(port, upstreamPorts));
    const args = ['-db', '-f', file];
    return { port, ...(await launch({ command: programPath('haproxy'), args, cpus: cpus.proxy, port })) };
  },
};

function configuration(port: number, upstreamPorts: readonly number[]): string {
  return `global
  nbthread 1
  maxconn 8192

defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m

listen downstream
  bind 127.0.0.1:${port}
  balance roundrobin
${upstreamPorts.map((upstream, index) => `  server backend-${index + 1} 127.0.0.1:${upstream}`).join('\n')}
`;
}
