// An Envoy bootstrap of the bench with its ports filled in: one file for Envoy and for our sidecar.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CERTIFICATES } from '../bed/certificates.ts';
import type { EquipmentSet, Place } from '../contender.ts';

/** What stands behind a mark is there in the equipped set, for HTTP/2, for WebSockets, or with TLS, and a comment elsewhere. */
const EQUIPPED = '#equipped ';
const HTTP2 = '#http2 ';
const WEBSOCKET = '#websocket ';
const TLS = '#tls ';

export interface BootstrapTemplate {
  /** Relative to bench/. */
  readonly path: string;
  /** On both sides; absent = HTTP/1.1, or no HTTP. */
  readonly http2?: boolean;
  /** It lets WebSockets pass. */
  readonly websocket?: boolean;
  /** On both sides. */
  readonly tls?: boolean;
  readonly sets: readonly EquipmentSet[];
}

export const HTTP1_TEMPLATE: BootstrapTemplate = { path: 'envoy-http.yaml', sets: ['bare', 'equipped'] };
export const HTTP2_TEMPLATE: BootstrapTemplate = { ...HTTP1_TEMPLATE, http2: true };
export const WEBSOCKET_TEMPLATE: BootstrapTemplate = { ...HTTP1_TEMPLATE, websocket: true, sets: ['bare'] };
export const HTTP1_TLS_TEMPLATE: BootstrapTemplate = { ...HTTP1_TEMPLATE, tls: true };
export const HTTP2_TLS_TEMPLATE: BootstrapTemplate = { ...HTTP2_TEMPLATE, tls: true };
export const TCP_TEMPLATE: BootstrapTemplate = { path: 'envoy-tcp.yaml', sets: ['bare'] };

export interface BootstrapFile {
  readonly file: string;
  readonly accessLog?: string;
}

export function writeBootstrap(
  { path, http2, websocket, tls }: BootstrapTemplate,
  { folder, set, upstreamPorts }: Place,
  listenPort: number,
): BootstrapFile {
  const accessLog = join(folder, 'access.log');
  const text = readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
  const file = join(folder, 'envoy.yaml');
  writeFileSync(file, fillTemplate(text, { set, listenPort, upstreamPorts, accessLog, http2, websocket, tls }));
  return { file, ...(set === 'equipped' ? { accessLog } : {}) };
}

interface Values {
  readonly set: EquipmentSet;
  readonly listenPort: number;
  /** Three. */
  readonly upstreamPorts: readonly number[];
  readonly accessLog: string;
  /** Absent = HTTP/1.1, or no HTTP. */
  readonly http2?: boolean | undefined;
  readonly websocket?: boolean | undefined;
  readonly tls?: boolean | undefined;
}

export function fillTemplate(template: string, values: Values): string {
  const { set, listenPort, upstreamPorts, accessLog, http2 = false, websocket = false, tls = false } = values;
  const text = template
    .replaceAll(EQUIPPED, set === 'equipped' ? '' : EQUIPPED)
    .replaceAll(HTTP2, http2 ? '' : HTTP2)
    .replaceAll(WEBSOCKET, websocket ? '' : WEBSOCKET)
    .replaceAll(TLS, tls ? '' : TLS)
    .replaceAll('$ALPN', http2 ? 'h2' : 'http/1.1')
    .replaceAll('$SERVER_NAME', CERTIFICATES.serverName)
    .replace('$CERTIFICATE', JSON.stringify(CERTIFICATES.chain))
    .replace('$PRIVATE_KEY', JSON.stringify(CERTIFICATES.key))
    .replace('$CA', JSON.stringify(CERTIFICATES.ca))
    .replace('codec_type: HTTP1', `codec_type: ${http2 ? 'HTTP2' : 'HTTP1'}`)
    .replace('port_value: $LISTEN_PORT', `port_value: ${listenPort}`)
    .replace('path: $ACCESS_LOG', `path: ${JSON.stringify(accessLog)}`);
  return upstreamPorts.reduce(
    (filled, port, index) => filled.replace(`port_value: $UPSTREAM_PORT_${index + 1}`, `port_value: ${port}`),
    text,
  );
}
