// nginx as a TCP proxy: one worker, its stream module.
import { existsSync } from 'node:fs';
import { nginxStreamSpec } from '../bed/nginx.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { programPath } from './installed-program.ts';
import { nginx } from './nginx.ts';

/** Where Debian has it; it comes in a package of its own. */
const MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export const nginxStream: Contender = {
  name: 'nginx',
  available: () =>
    nginx.available() ?? (existsSync(MODULE) ? null : 'no stream module; run: apt-get install libnginx-mod-stream'),
  version: nginx.version,
  async start({ upstreamPorts, cpus, folder, launch }) {
    const port = await freePort();
    const stream = configuration(port, upstreamPorts);
    return { port, ...(await launch(nginxStreamSpec(programPath('nginx'), folder, cpus.proxy, port, stream, MODULE))) };
  },
};

function configuration(port: number, upstreamPorts: readonly number[]): string {
  return `  upstream backends {
    ${upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream};`).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${port};
    proxy_pass backends;
    proxy_connect_timeout 1s;
    tcp_nodelay on;
  }`;
}
