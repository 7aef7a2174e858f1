// TlsSpecs ↔ envoy.extensions.transport_sockets.tls.v3: the transport sockets of filter chains and clusters.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import {
  type CertificateSpec,
  type CertificateValidationSpec,
  type DownstreamTlsSpec,
  SUBJECT_ALT_NAME_TYPES,
  type SubjectAltNameMatcherSpec,
  type SubjectAltNameType,
  type TextSourceSpec,
  type TlsVersion,
  type UpstreamTlsSpec,
} from '../../model/tls-spec.ts';
import type { DataSource, DataSourceSchema } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  type CertificateValidationContext,
  type CertificateValidationContextSchema,
  SubjectAltNameMatcher_SanType as SanType,
  type SubjectAltNameMatcher,
  type TlsCertificate,
  TlsParameters_TlsProtocol as TlsProtocol,
  CertificateValidationContext_TrustChainVerification as TrustChain,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import {
  type CommonTlsContext,
  type CommonTlsContextSchema,
  type DownstreamTlsContext,
  DownstreamTlsContextSchema,
  type UpstreamTlsContext,
  UpstreamTlsContextSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/tls_pb.ts';
import { StringMatcherSchema } from '../gen/envoy/type/matcher/v3/string_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { packExtension } from './extension.ts';
import { decodeStringMatcher, encodeStringMatcher } from './string-matcher.ts';

type CommonInit = MessageInitShape<typeof CommonTlsContextSchema>;

const PROTOCOLS: Readonly<Record<TlsVersion, TlsProtocol>> = {
  'TLSv1.2': TlsProtocol.TLSv1_2,
  'TLSv1.3': TlsProtocol.TLSv1_3,
};

const SAN_TYPES: Readonly<Record<SubjectAltNameType, SanType>> = {
  email: SanType.EMAIL,
  dns: SanType.DNS,
  uri: SanType.URI,
  ip: SanType.IP_ADDRESS,
};

export function encodeUpstreamTls(spec: UpstreamTlsSpec): Any {
  return packExtension(UpstreamTlsContextSchema, { sni: spec.sni, commonTlsContext: encodeCommon(spec) });
}

export function encodeDownstreamTls(spec: DownstreamTlsSpec): Any {
  return packExtension(DownstreamTlsContextSchema, {
    commonTlsContext: encodeCommon(spec),
    requireClientCertificate: spec.requireClientCertificate,
  });
}

function encodeCommon(spec: UpstreamTlsSpec | DownstreamTlsSpec): CommonInit {
  const { certificate, validation } = spec;
  return {
    tlsParams: {
      tlsMinimumProtocolVersion: PROTOCOLS[spec.minVersion],
      tlsMaximumProtocolVersion: PROTOCOLS[spec.maxVersion],
    },
    alpnProtocols: [...spec.applicationProtocols],
    tlsCertificates: certificate === undefined ? [] : [encodeCertificate(certificate)],
    validationContextType:
      validation === undefined
        ? { case: undefined }
        : { case: 'validationContext' as const, value: encodeValidation(validation) },
  };
}

function encodeCertificate({ chain, privateKey, password }: CertificateSpec) {
  return {
    certificateChain: encodeSource(chain),
    privateKey: encodeSource(privateKey),
    ...(password === undefined ? {} : { password: encodeSource(password) }),
  };
}

function encodeValidation({
  trustedCa,
  subjectAltNames,
  acceptUntrusted,
}: CertificateValidationSpec): MessageInitShape<typeof CertificateValidationContextSchema> {
  return {
    ...(trustedCa === undefined ? { systemRootCerts: {} } : { trustedCa: encodeSource(trustedCa) }),
    trustChainVerification: acceptUntrusted === true ? TrustChain.ACCEPT_UNTRUSTED : TrustChain.VERIFY_TRUST_CHAIN,
    matchTypedSubjectAltNames: (subjectAltNames ?? []).map(({ type, match }) => ({
      sanType: SAN_TYPES[type],
      matcher: encodeStringMatcher(match),
    })),
  };
}

function encodeSource(source: TextSourceSpec): MessageInitShape<typeof DataSourceSchema> {
  return {
    specifier:
      source.kind === 'inline'
        ? { case: 'inlineString', value: source.text }
        : { case: 'filename', value: source.path },
  };
}

export function decodeUpstreamTls(message: UpstreamTlsContext, context: DecodeContext, path: string): UpstreamTlsSpec {
  const common = message.commonTlsContext;
  const [certificate] = decodeCertificates(common, context, `${path}.common_tls_context`);
  return {
    sni: message.sni,
    ...decodeCommon(common, context, `${path}.common_tls_context`),
    ...(certificate === undefined ? {} : { certificate }),
  };
}

export function decodeDownstreamTls(
  message: DownstreamTlsContext,
  context: DecodeContext,
  path: string,
): DownstreamTlsSpec {
  const at = `${path}.common_tls_context`;
  const [certificate] = decodeCertificates(message.commonTlsContext, context, at);
  const spec = decodeCommon(message.commonTlsContext, context, at);
  const requireClientCertificate = message.requireClientCertificate ?? false;
  if (certificate === undefined) context.refuse(`${at}.tls_certificates`, 'there is none', 'give it one');
  if (requireClientCertificate && spec.validation === undefined) {
    const remedy = 'add a validation_context';
    context.refuse(`${path}.require_client_certificate`, 'asks for what nobody could verify', remedy);
  }
  const none = { kind: 'inline', text: '' } as const;
  return { ...spec, certificate: certificate ?? { chain: none, privateKey: none }, requireClientCertificate };
}

function decodeCommon(
  common: CommonTlsContext | undefined,
  context: DecodeContext,
  path: string,
): Pick<UpstreamTlsSpec, 'minVersion' | 'maxVersion' | 'applicationProtocols' | 'validation'> {
  const { tlsMinimumProtocolVersion: least = 0, tlsMaximumProtocolVersion: most = 0 } = common?.tlsParams ?? {};
  const params = `${path}.tls_params`;
  const minVersion = decodeVersion(least, 'TLSv1.2', context, `${params}.tls_minimum_protocol_version`);
  const maxVersion = decodeVersion(most, 'TLSv1.3', context, `${params}.tls_maximum_protocol_version`);
  if (minVersion > maxVersion) context.refuse(params, `${minVersion} to ${maxVersion} is no range`, 'turn them round');
  const validation = common?.validationContextType.value;
  return {
    minVersion,
    maxVersion,
    applicationProtocols: common?.alpnProtocols ?? [],
    ...(validation === undefined
      ? {}
      : { validation: decodeValidation(validation, context, `${path}.validation_context`) }),
  };
}

function decodeVersion(version: TlsProtocol, absent: TlsVersion, context: DecodeContext, path: string): TlsVersion {
  if (version === TlsProtocol.TLS_AUTO) return absent;
  if (version === TlsProtocol.TLSv1_2) return 'TLSv1.2';
  if (version !== TlsProtocol.TLSv1_3) context.refuse(path, 'is older than TLS 1.2', 'use TLSv1_2 or TLSv1_3');
  return 'TLSv1.3';
}

function decodeCertificates(
  common: CommonTlsContext | undefined,
  context: DecodeContext,
  path: string,
): readonly CertificateSpec[] {
  const all = common?.tlsCertificates ?? [];
  if (all.length > 1) context.refuse(`${path}.tls_certificates`, `has ${all.length}`, 'keep one');
  return all.map((one, i) => decodeCertificate(one, context, `${path}.tls_certificates[${i}]`));
}

function decodeCertificate(message: TlsCertificate, context: DecodeContext, path: string): CertificateSpec {
  const { certificateChain, privateKey, password } = message;
  return {
    chain: decodeSource(certificateChain, context, `${path}.certificate_chain`),
    privateKey: decodeSource(privateKey, context, `${path}.private_key`),
    ...(password === undefined ? {} : { password: decodeSource(password, context, `${path}.password`) }),
  };
}

function decodeSource(source: DataSource | undefined, context: DecodeContext, path: string): TextSourceSpec {
  const specifier = source?.specifier;
  if (specifier?.case === 'filename' && specifier.value !== '') return { kind: 'file', path: specifier.value };
  if (specifier?.case === 'inlineString') return { kind: 'inline', text: specifier.value };
  if (specifier?.case === 'inlineBytes') return { kind: 'inline', text: Buffer.from(specifier.value).toString('utf8') };
  context.refuse(path, 'is neither a file nor inline', 'use filename or inline_string, as PEM');
  return { kind: 'inline', text: '' };
}

function decodeValidation(
  message: CertificateValidationContext,
  context: DecodeContext,
  path: string,
): CertificateValidationSpec {
  const names = message.matchTypedSubjectAltNames.map((name, i) =>
    decodeName(name, context, `${path}.match_typed_subject_alt_names[${i}]`),
  );
  const { trustedCa } = message;
  return {
    ...(trustedCa === undefined ? {} : { trustedCa: decodeSource(trustedCa, context, `${path}.trusted_ca`) }),
    ...(names.length === 0 ? {} : { subjectAltNames: names }),
    ...(message.trustChainVerification === TrustChain.ACCEPT_UNTRUSTED ? { acceptUntrusted: true } : {}),
  };
}

function decodeName(message: SubjectAltNameMatcher, context: DecodeContext, path: string): SubjectAltNameMatcherSpec {
  const type = SUBJECT_ALT_NAME_TYPES.find((one) => SAN_TYPES[one] === message.sanType);
  if (type === undefined) {
    context.refuse(`${path}.san_type`, `${message.sanType} is not supported`, 'use DNS, URI, EMAIL or IP_ADDRESS');
  }
  const match = decodeStringMatcher(message.matcher ?? create(StringMatcherSchema), context, `${path}.matcher`);
  if (match.kind === 'regex')
    context.refuse(`${path}.matcher`, 'is a pattern', 'use exact, prefix, suffix or contains');
  return { type: type ?? 'dns', match };
}
