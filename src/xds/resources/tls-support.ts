// The rows of TLS in the table of supported fields.
import type { FieldSupport } from './support-row.ts';

const EVERY_OTHER = 'every-other';

export const TLS_SUPPORT: Readonly<Record<string, FieldSupport>> = {
  'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext': {
    supported: ['common_tls_context', 'sni'],
    refused: ['#3', '#6', '#7'],
  },
  'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext': {
    supported: ['common_tls_context', 'require_client_certificate'],
    refused: ['#3', '#8'],
  },
  'envoy.extensions.transport_sockets.tls.v3.CommonTlsContext': {
    supported: ['tls_params', 'tls_certificates', 'validation_context', 'alpn_protocols'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.TlsParameters': {
    supported: ['tls_minimum_protocol_version', 'tls_maximum_protocol_version'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.TlsCertificate': {
    supported: ['certificate_chain', 'private_key', 'password'],
    refused: ['#6', '#8'],
  },
  'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext': {
    supported: ['trusted_ca', 'trust_chain_verification', 'match_typed_subject_alt_names', 'system_root_certs'],
    refused: EVERY_OTHER,
  },
  'envoy.extensions.transport_sockets.tls.v3.SubjectAltNameMatcher': {
    supported: ['san_type', 'matcher'],
    refused: EVERY_OTHER,
  },
};
