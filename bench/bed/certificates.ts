// The certificates of the TLS scenarios: those of the tests, with keys on P-256.
import { fileURLToPath } from 'node:url';

function fixture(name: string): string {
  return fileURLToPath(new URL(`../../test/fixtures/tls/${name}`, import.meta.url));
}

/** Paths of PEM files. Proxies and backends show the same certificate; proxies check it. */
export const CERTIFICATES = {
  chain: fixture('server.pem'),
  key: fixture('server.key'),
  ca: fixture('ca.pem'),
  /** A name in the certificate. */
  serverName: 'a.example',
} as const;
