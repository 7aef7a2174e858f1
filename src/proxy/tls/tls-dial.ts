// Connections that begin with our ClientHello: a dial that hands out TLS sockets.
import type { OnReadOpts, Socket } from 'node:net';
import { checkServerIdentity, connect, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import type { UpstreamTlsSpec } from '../../model/tls-spec.ts';
import { resetThrough } from './reset-through.ts';
import { secureContextOf, secureOptionsOf } from './secure-options.ts';
import { matchesAny, subjectAltNamesOf } from './subject-alt-names.ts';

type Dial = (host: string, port: number, onread?: OnReadOpts) => Socket;

/**
 * A dial whose sockets come to be with `secureConnect`: by then the certificate has been verified, unless the configuration says that it need
 * not. Throws where the configuration cannot be used. `fallbackProtocols`: ALPN where the configuration offers none.
 */
export function tlsDial(dial: Dial, spec: UpstreamTlsSpec, fallbackProtocols: readonly string[]): Dial {
  const secureContext = secureContextOf(secureOptionsOf(spec));
  const protocols = spec.applicationProtocols.length === 0 ? fallbackProtocols : spec.applicationProtocols;
  return (host, port) => secure(dial(host, port), spec, protocols, secureContext);
}

function secure(
  socket: Socket,
  spec: UpstreamTlsSpec,
  protocols: readonly string[],
  secureContext: SecureContext,
): TLSSocket {
  const tls = connect({
    socket,
    secureContext,
    servername: spec.sni,
    ALPNProtocols: [...protocols],
    rejectUnauthorized: spec.validation?.acceptUntrusted !== true,
    checkServerIdentity: (_host, certificate) => checkIdentity(spec, certificate),
  });
  resetThrough(tls, socket);
  return tls;
}

/** Called when the chain of certificates is trusted. Without a name to look for that is all that can be verified. */
function checkIdentity({ sni, validation }: UpstreamTlsSpec, certificate: PeerCertificate): Error | undefined {
  const matchers = validation?.subjectAltNames;
  if (matchers === undefined) return sni === '' ? undefined : checkServerIdentity(sni, certificate);
  if (matchesAny(subjectAltNamesOf(certificate), matchers)) return undefined;
  return new Error(`no wanted name in its certificate (${certificate.subjectaltname ?? 'it has none'})`);
}
