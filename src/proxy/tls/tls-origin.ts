// Connections that begin with our ClientHello: a dial that hands out TLS sockets.
import type { OnReadOpts, Socket } from 'node:net';
import {
  checkServerIdentity,
  connect,
  type PeerCertificate,
  type SecureContext,
  type SecureContextOptions,
  type TLSSocket,
} from 'node:tls';
import type { UpstreamTlsSpec } from '../../model/tls-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import { resetThrough } from './reset-through.ts';
import { secureContextOf, secureOptionsOf } from './secure-options.ts';
import { matchesAny, subjectAltNamesOf } from './subject-alt-names.ts';
import type { TlsFiles, WatchedFiles } from './tls-files.ts';

type Dial = (host: string, port: number, onread?: OnReadOpts) => Socket;

/** Handshakes of one cluster: by whatever its files hold at the time. */
export class TlsOrigin {
  readonly #spec: UpstreamTlsSpec;
  readonly #protocols: readonly string[];
  readonly #watched: WatchedFiles | null;
  #context: SecureContext;

  /**
   * Throws where the configuration cannot be used. `fallbackProtocols`: ALPN where the configuration offers none. `files`: null = they are read
   * once. `what`: whose they are, for people.
   */
  constructor(spec: UpstreamTlsSpec, fallbackProtocols: readonly string[], files: TlsFiles | null, what: string) {
    const options = secureOptionsOf(spec);
    this.#spec = spec;
    this.#protocols = spec.applicationProtocols.length === 0 ? fallbackProtocols : spec.applicationProtocols;
    this.#context = secureContextOf(options);
    const use = (_options: SecureContextOptions, context: SecureContext): void => {
      this.#context = context;
    };
    this.#watched = files?.watch(what, spec, options, use) ?? null;
  }

  /**
   * A dial whose sockets come to be with `secureConnect`: by then the certificate has been verified, unless the configuration says that it
   * need not. `protocols`: ALPN in place of what is configured.
   */
  dialBy(dial: Dial, protocols: readonly string[] = this.#protocols): Dial {
    return (host, port) => this.secure(dial(host, port), protocols);
  }

  /** The same on a connection that is there, or coming to be. */
  secure(socket: Socket, protocols: readonly string[]): TLSSocket {
    const spec = this.#spec;
    const tls = connect({
      socket,
      secureContext: this.#context,
      servername: spec.sni,
      ALPNProtocols: [...protocols],
      rejectUnauthorized: spec.validation?.acceptUntrusted !== true,
      checkServerIdentity: (_host, certificate) => checkIdentity(spec, certificate),
    });
    resetThrough(tls, socket);
    return tls;
  }

  /** Files are not looked at any more. */
  stop(): void {
    this.#watched?.stop();
  }

  collect(cluster: string, sink: StatSink): void {
    sink.counter('cluster', cluster, 'ssl.files_reloaded', this.#watched?.reloads ?? 0);
    sink.counter('cluster', cluster, 'ssl.files_refused', this.#watched?.refusals ?? 0);
  }
}

/** Called when the chain of certificates is trusted. Without a name to look for that is all that can be verified. */
function checkIdentity({ sni, validation }: UpstreamTlsSpec, certificate: PeerCertificate): Error | undefined {
  const matchers = validation?.subjectAltNames;
  if (matchers === undefined) return sni === '' ? undefined : checkServerIdentity(sni, certificate);
  if (matchesAny(subjectAltNamesOf(certificate), matchers)) return undefined;
  return new Error(`no wanted name in its certificate (${certificate.subjectaltname ?? 'it has none'})`);
}
