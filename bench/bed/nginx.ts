// Runs Debian's nginx in a folder of its own: as the three backends, or as a proxy.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../contenders/installed-program.ts';
import type { BackendPlace } from '../proxy-scenario.ts';
import { CERTIFICATES } from './certificates.ts';
import type { Program, ProgramSpec } from './programs.ts';

/** One worker, no logs, connections that last, nothing outside its folder. */
function configuration(folder: string, http: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${processPart(folder)}
http {
  access_log off;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  ${temporary.map((kind) => `${kind}_temp_path ${join(folder, kind)};`).join('\n  ')}
${http}
}
`;
}

/** What HTTP and TCP share. */
function processPart(folder: string): string {
  return `daemon off;
worker_processes 1;
pid ${join(folder, 'nginx.pid')};
error_log stderr warn;
events { worker_connections 8192; }`;
}

export function nginxSpec(nginx: string, folder: string, cpus: string, port: number, http: string): ProgramSpec {
  return specOf(nginx, folder, cpus, port, configuration(folder, http));
}

/** `module`: path of the one that knows TCP, which Debian loads only when told. */
export function nginxStreamSpec(
  nginx: string,
  folder: string,
  cpus: string,
  port: number,
  stream: string,
  module: string,
): ProgramSpec {
  return specOf(nginx, folder, cpus, port, `load_module ${module};\n${processPart(folder)}\nstream {\n${stream}\n}\n`);
}

function specOf(nginx: string, folder: string, cpus: string, port: number, configured: string): ProgramSpec {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, configured);
  return { command: nginx, args: ['-p', folder, '-c', file], cpus, port };
}

/** Lines of a server that speaks TLS. */
export const NGINX_CERTIFICATE = `ssl_certificate ${CERTIFICATES.chain};
    ssl_certificate_key ${CERTIFICATES.key};`;

const FILES = { '1k': 1_024, '64k': 65_536, '1m': 1_048_576 } as const;

/**
 * Three servers in one worker; each answers with 200 and a Content-Length: `/1k`, `/64k` and `/1m` with so many bytes, any other path with
 * about 100 bytes of JSON.
 */
export function startBackends(ports: readonly number[], place: BackendPlace, tls = false): Promise<Program> {
  const root = join(place.folder, 'files');
  mkdirSync(root, { recursive: true });
  for (const [name, bytes] of Object.entries(FILES)) writeFileSync(join(root, name), 'x'.repeat(bytes));
  const servers = ports.map((port, index) => {
    const body = `{"pod":"backend-${index + 1}","path":"/data","text":"${'switchboard '.repeat(5).trimEnd()}"}`;
    return `  server {
    listen 127.0.0.1:${port}${tls ? ` ssl;\n    ${NGINX_CERTIFICATE}` : ';'}
    root ${root};
${Object.keys(FILES)
  .map((name) => `    location = /${name} { }`)
  .join('\n')}
    location / { default_type application/json; return 200 '${body}'; }
  }`;
  });
  const [first = 0] = ports;
  return place.launch(nginxSpec(programPath('nginx'), place.folder, place.cpus.load, first, servers.join('\n')));
}
