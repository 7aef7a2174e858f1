// nginx as a proxy of WebSockets: one worker.
import { nginxSpec } from '../bed/nginx.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { programPath } from './installed-program.ts';
import { nginx } from './nginx.ts';

export const nginxWebSocket: Contender = {
  name: 'nginx',
  available: nginx.available,
  version: nginx.version,
  async start({ upstreamPorts, cpus, folder, launch }) {
    const port = await freePort();
    const http = configuration(port, upstreamPorts);
    return { port, ...(await launch(nginxSpec(programPath('nginx'), folder, cpus.proxy, port, http))) };
  },
};

function configuration(port: number, upstreamPorts: readonly number[]): string {
  return `  upstream backends {
    ${upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream};`).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_set_header Connection Upgrade;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Host $http_host;
      proxy_read_timeout 300s;
    }
  }`;
}
