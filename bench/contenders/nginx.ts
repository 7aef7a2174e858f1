// nginx as the proxy: one worker, upstream connections kept.
import { nginxSpec } from '../bed/nginx.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const nginx: Contender = {
  name: 'nginx',
  available: () => missing('nginx'),
  version: () => versionLine('nginx', '-v'),
  async start({ upstreamPorts, cpus, folder, launch }) {
    const port = await freePort();
    const http = configuration(port, upstreamPorts);
    return { port, ...(await launch(nginxSpec(programPath('nginx'), folder, cpus.proxy, port, http))) };
  },
};

function configuration(port: number, upstreamPorts: readonly number[]): string {
  return `  upstream backends {
    ${upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream};`).join('\n    ')}
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://backends;
      proxy_http_version 1.1;
      proxy_next_upstream error timeout;
      proxy_next_upstream_tries 3;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto http;
      proxy_set_header X-Request-Id $request_id;
    }
  }`;
}
