// Answers the handshakes of callers and hands out what they say inside.
import type { Socket } from 'node:net';
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import type { DownstreamTlsSpec } from '../../model/tls-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { resetThrough } from './reset-through.ts';
import { secureContextOf, secureOptionsOf } from './secure-options.ts';
import { matchesAny, subjectAltNamesOf } from './subject-alt-names.ts';
import type { TlsFiles, WatchedFiles } from './tls-files.ts';

/** A handshake without end would be a connection without end. */
const HANDSHAKE_TIMEOUT_MS = 15_000;

interface Pending {
  readonly transport: Socket;
  readonly onSecure: (socket: TLSSocket) => void;
}

export class TlsTerminator {
  readonly #spec: DownstreamTlsSpec;
  readonly #server: Server;
  /** Handshakes under way, by where they come from: node:tls does not say whose transport has become secure. */
  readonly #pending = new Map<string, Pending>();
  #handshakes = 0;
  #failures = 0;
  #refused = 0;

  readonly #options: SecureContextOptions;
  readonly #files: TlsFiles;
  #watched: WatchedFiles | null = null;

  /** Throws where a certificate or key cannot be used. */
  constructor(spec: DownstreamTlsSpec, files: TlsFiles) {
    const { validation, requireClientCertificate, applicationProtocols } = spec;
    const options = secureOptionsOf(spec);
    secureContextOf(options);
    this.#spec = spec;
    this.#files = files;
    this.#options = options;
    this.#server = createServer({
      ...options,
      requestCert: validation !== undefined,
      rejectUnauthorized: requireClientCertificate && validation?.acceptUntrusted !== true,
      ...(applicationProtocols.length === 0 ? {} : { ALPNProtocols: [...applicationProtocols] }),
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    });
    this.#server.on('secureConnection', (socket) => this.#onSecure(socket));
    this.#server.on('tlsClientError', () => {
      this.#failures += 1;
    });
  }

  /** Connections whose handshake is under way. */
  get pending(): number {
    return this.#pending.size;
  }

  /** From now on it takes changed files for handshakes to come, until `unwatch`. `what`: whose they are, for people. */
  watch(what: string): void {
    this.#watched = this.#files.watch(what, this.#spec, this.#options, (options) => {
      this.#server.setSecureContext(options);
    });
  }

  unwatch(): void {
    this.#watched?.stop();
  }

  /** Takes the socket; bytes that were put back into it count. `onSecure` is called unless the handshake fails, which closes it. */
  accept(transport: Socket, onSecure: (socket: TLSSocket) => void): void {
    const key = originOf(transport);
    this.#pending.set(key, { transport, onSecure });
    transport.on('error', () => {});
    transport.on('close', () => {
      if (this.#pending.get(key)?.transport === transport) this.#pending.delete(key);
    });
    this.#server.emit('connection', transport);
  }

  /** Ends the handshakes that are under way. */
  close(): void {
    for (const { transport } of this.#pending.values()) transport.destroy();
  }

  /** Source of the names: Envoy's listener TLS statistics. */
  collect(where: string, sink: StatSink): void {
    sink.counter('listener', where, 'ssl.handshake', this.#handshakes);
    sink.counter('listener', where, 'ssl.connection_error', this.#failures);
    sink.counter('listener', where, 'ssl.fail_verify_san', this.#refused);
    sink.counter('listener', where, 'ssl.files_reloaded', this.#watched?.reloads ?? 0);
    sink.counter('listener', where, 'ssl.files_refused', this.#watched?.refusals ?? 0);
  }

  #onSecure(socket: TLSSocket): void {
    const key = originOf(socket);
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    this.#handshakes += 1;
    if (pending === undefined || !this.#acceptsCaller(socket)) {
      this.#refused += 1;
      socket.destroy();
      return;
    }
    resetThrough(socket, pending.transport);
    pending.onSecure(socket);
  }

  /** Who need not show a certificate may still not show a wrong one. */
  #acceptsCaller(socket: TLSSocket): boolean {
    const { validation } = this.#spec;
    if (validation === undefined) return true;
    const certificate = socket.getPeerCertificate();
    if (Object.keys(certificate).length === 0) return !this.#spec.requireClientCertificate;
    if (!socket.authorized && validation.acceptUntrusted !== true) return false;
    return (
      validation.subjectAltNames === undefined || matchesAny(subjectAltNamesOf(certificate), validation.subjectAltNames)
    );
  }
}

function originOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
