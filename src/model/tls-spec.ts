// TLS as configuration: what we show, what we ask to see, and which versions and protocols we speak.
import type { StringMatcherSpec } from './route-match-spec.ts';

/** `file`: a path on the sidecar's machine, read when the configuration is applied, and again when the file has changed. */
export type TextSourceSpec =
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'file'; readonly path: string };

/** PEM. The key and its password are secrets: they are never logged or dumped. */
export interface CertificateSpec {
  readonly chain: TextSourceSpec;
  readonly privateKey: TextSourceSpec;
  readonly password?: TextSourceSpec;
}

export const TLS_VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const;
export type TlsVersion = (typeof TLS_VERSIONS)[number];

export const SUBJECT_ALT_NAME_TYPES = ['email', 'dns', 'uri', 'ip'] as const;
export type SubjectAltNameType = (typeof SUBJECT_ALT_NAME_TYPES)[number];

export interface SubjectAltNameMatcherSpec {
  readonly type: SubjectAltNameType;
  readonly match: StringMatcherSpec;
}

/** Source: envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext. */
export interface CertificateValidationSpec {
  /** PEM; absent = what the system trusts. */
  readonly trustedCa?: TextSourceSpec;
  /** One must match a name of the certificate; absent = what the caller of the context says. */
  readonly subjectAltNames?: readonly SubjectAltNameMatcherSpec[];
  /** The certificate of the other side is taken as it is. */
  readonly acceptUntrusted?: boolean;
}

interface CommonTlsSpec {
  readonly minVersion: TlsVersion;
  readonly maxVersion: TlsVersion;
  /** ALPN, most wanted first; empty = none is offered. */
  readonly applicationProtocols: readonly string[];
}

/** Source: envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext. */
export interface DownstreamTlsSpec extends CommonTlsSpec {
  readonly certificate: CertificateSpec;
  /** Absent = callers are not asked for a certificate. */
  readonly validation?: CertificateValidationSpec;
  /** Whoever shows none is refused; only with `validation`. */
  readonly requireClientCertificate: boolean;
}

/**
 * Source: envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext. Unlike Envoy, an absent `validation` means that the certificate is
 * verified against what the system trusts, and for `sni` where there is one.
 */
export interface UpstreamTlsSpec extends CommonTlsSpec {
  /** '' = none is sent. */
  readonly sni: string;
  /** Ours, where the upstream asks for one. */
  readonly certificate?: CertificateSpec;
  readonly validation?: CertificateValidationSpec;
}
