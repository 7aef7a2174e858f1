// nginx as the proxy: one worker, upstream connections kept.
import { join } from 'node:path';
import { CERTIFICATES } from '../bed/certificates.ts';
import { NGINX_CERTIFICATE, nginxSpec } from '../bed/nginx.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const nginx = nginxWith(false);

/** `tls`: on both sides. */
export function nginxWith(tls: boolean): Contender {
  return {
    name: 'nginx',
    available: () => missing('nginx'),
    version: () => versionLine('nginx', '-v'),
    sets: ['bare', 'equipped'],
    async start({ upstreamPorts, cpus, folder, launch, set }) {
      const port = await freePort();
      const accessLog = join(folder, 'access.log');
      const http = configuration(port, upstreamPorts, set === 'equipped' ? loggingTo(accessLog) : '', tls);
      const told = set === 'equipped' ? { accessLog } : {};
      return { port, ...told, ...(await launch(nginxSpec(programPath('nginx'), folder, cpus.proxy, port, http))) };
    },
  };
}

/** Backends are asked for by name, and their certificates checked. */
const TO_BACKENDS = `proxy_ssl_server_name on;
      proxy_ssl_name ${CERTIFICATES.serverName};
      proxy_ssl_verify on;
      proxy_ssl_trusted_certificate ${CERTIFICATES.ca};`;

/** The same keys as ours, as far as nginx knows them. */
const LOG_KEYS = {
  time: '$time_iso8601',
  method: '$request_method',
  authority: '$http_host',
  path: '$request_uri',
  protocol: '$server_protocol',
  status: '$status',
  bytes_received: '$content_length',
  bytes_sent: '$body_bytes_sent',
  duration_ms: '$request_time',
  upstream_host: '$upstream_addr',
  request_id: '$request_id',
  downstream_remote: '$remote_addr:$remote_port',
  user_agent: '$http_user_agent',
} as const;

/** Batched, as the others do. */
function loggingTo(file: string): string {
  return `access_log ${file} lines buffer=64k flush=1s;`;
}

function configuration(port: number, upstreamPorts: readonly number[], log: string, tls: boolean): string {
  return `  log_format lines escape=json '${JSON.stringify(LOG_KEYS)}';
  upstream backends {
    ${upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream};`).join('\n    ')}
    keepalive 128;
    keepalive_requests 1000000000;
  }
  server {
    listen 127.0.0.1:${port}${tls ? ` ssl;\n    ${NGINX_CERTIFICATE}` : ';'}
    client_body_buffer_size 32k;
    ${log}
    location / {
      ${tls ? TO_BACKENDS : ''}
      proxy_pass ${tls ? 'https' : 'http'}://backends;
      proxy_http_version 1.1;
      proxy_next_upstream error timeout;
      proxy_next_upstream_tries 3;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto ${tls ? 'https' : 'http'};
      proxy_set_header X-Request-Id $request_id;
    }
  }`;
}
