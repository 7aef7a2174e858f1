// TLS configuration made ready for node:tls: files read, keys parsed, so that a mistake is told when it is applied.
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { messageOf } from '../../base/coded-error.ts';
import type { CertificateSpec, CertificateValidationSpec, TextSourceSpec, TlsVersion } from '../../model/tls-spec.ts';

export interface ContextSpec {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  readonly certificate?: CertificateSpec;
  readonly validation?: CertificateValidationSpec;
}

/** Paths of what is read from files. */
export function filesOf({ certificate, validation }: ContextSpec): readonly string[] {
  const sources = [certificate?.chain, certificate?.privateKey, certificate?.password, validation?.trustedCa];
  return sources.flatMap((source) => (source?.kind === 'file' ? [source.path] : []));
}

/** Throws where a file cannot be read. */
export function secureOptionsOf({
  minVersion,
  maxVersion,
  certificate,
  validation,
}: ContextSpec): SecureContextOptions {
  const ca = validation?.trustedCa;
  return {
    ...(certificate === undefined ? {} : readCertificate(certificate)),
    // Left out, it is what the system trusts.
    ...(ca === undefined ? {} : { ca: read(ca, 'trusted_ca') }),
    minVersion,
    maxVersion,
  };
}

/** Throws where what was read is no certificate or key; the message holds neither. */
export function secureContextOf(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new Error(`TLS: the certificate, its key or trusted_ca cannot be used: ${messageOf(error)}`);
  }
}

function readCertificate({ chain, privateKey, password }: CertificateSpec): SecureContextOptions {
  return {
    cert: read(chain, 'certificate_chain'),
    key: read(privateKey, 'private_key'),
    ...(password === undefined ? {} : { passphrase: read(password, 'password').replace(/\r?\n$/, '') }),
  };
}

function read(source: TextSourceSpec, what: string): string {
  if (source.kind === 'inline') return source.text;
  try {
    return readFileSync(source.path, 'utf8');
  } catch (error) {
    throw new Error(`TLS: ${what} cannot be read: ${messageOf(error)}`);
  }
}
