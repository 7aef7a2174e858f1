// HAProxy: one thread, upstream connections shared, another server on a failed connection.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const haproxy = haproxyConfigured(configuration);

export function haproxyConfigured(
  configure: (listenPort: number, upstreamPorts: readonly number[]) => string,
): Contender {
  return {
    name: 'haproxy',
    available: () => missing('haproxy'),
    version: () => versionLine('haproxy', '-v'),
    async start({ upstreamPorts, cpus, folder, launch }) {
      const port = await freePort();
      const file = join(folder, 'haproxy.cfg');
      writeFileSync(file, configure(port, upstreamPorts));
      const args = ['-db', '-f', file];
      return { port, ...(await launch({ command: programPath('haproxy'), args, cpus: cpus.proxy, port })) };
    },
  };
}

function configuration(port: number, upstreamPorts: readonly number[]): string {
  return `global
  nbthread 1
  maxconn 8192

defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  retries 2
  option redispatch 1
  http-reuse always

frontend downstream
  bind 127.0.0.1:${port}
  unique-id-format %[uuid()]
  unique-id-header x-request-id
  http-request set-header x-forwarded-proto http
  default_backend backends

backend backends
  balance roundrobin
${upstreamPorts.map((upstream, index) => `  server backend-${index + 1} 127.0.0.1:${upstream}`).join('\n')}
`;
}
