// HAProxy: one thread, upstream connections shared, another server on a failed connection.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CERTIFICATES } from '../bed/certificates.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const haproxy = haproxyWith({});

interface Spoken {
  /** On both sides, as the next. */
  readonly http2?: boolean;
  readonly tls?: boolean;
}

export function haproxyWith(spoken: Spoken): Contender {
  return haproxyConfigured((port, upstreamPorts, folder) => configuration(port, upstreamPorts, folder, spoken));
}

export function haproxyConfigured(
  configure: (listenPort: number, upstreamPorts: readonly number[], folder: string) => string,
): Contender {
  return {
    name: 'haproxy',
    available: () => missing('haproxy'),
    version: () => versionLine('haproxy', '-v'),
    async start({ upstreamPorts, cpus, folder, launch }) {
      const port = await freePort();
      const file = join(folder, 'haproxy.cfg');
      writeFileSync(file, configure(port, upstreamPorts, folder));
      const args = ['-db', '-f', file];
      return { port, ...(await launch({ command: programPath('haproxy'), args, cpus: cpus.proxy, port })) };
    },
  };
}

/** What stands behind an address; files that it names are written to `folder`. */
function spokenBy(
  folder: string,
  { http2 = false, tls = false }: Spoken,
): { readonly bind: string; readonly server: string } {
  if (!tls) return http2 ? { bind: ' proto h2', server: ' proto h2' } : { bind: '', server: '' };
  // It wants both in one file.
  const pem = join(folder, 'server.pem');
  writeFileSync(pem, readFileSync(CERTIFICATES.chain, 'utf8') + readFileSync(CERTIFICATES.key, 'utf8'));
  const { ca, serverName } = CERTIFICATES;
  const alpn = `alpn ${http2 ? 'h2' : 'http/1.1'}`;
  const checked = `verify required ca-file ${ca} sni str(${serverName}) verifyhost ${serverName}`;
  return { bind: ` ssl crt ${pem} ${alpn}`, server: ` ssl ${alpn} ${checked}` };
}

function configuration(port: number, upstreamPorts: readonly number[], folder: string, spoken: Spoken): string {
  const { bind, server } = spokenBy(folder, spoken);
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
  bind 127.0.0.1:${port}${bind}
  unique-id-format %[uuid()]
  unique-id-header x-request-id
  http-request set-header x-forwarded-proto ${spoken.tls === true ? 'https' : 'http'}
  default_backend backends

backend backends
  balance roundrobin
${upstreamPorts.map((upstream, index) => `  server backend-${index + 1} 127.0.0.1:${upstream}${server}`).join('\n')}
`;
}
