// Makes any resource printable as JSON: extensions that this build cannot describe are shown by type and as base64.
import { createRegistry, fromBinary, fromJson, type Registry, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack, StructSchema } from '@bufbuild/protobuf/wkt';
import {
  ClustersConfigDumpSchema,
  EndpointsConfigDumpSchema,
  ListenersConfigDumpSchema,
  RoutesConfigDumpSchema,
} from '../gen/envoy/admin/v3/config_dump_shared_pb.ts';
import { BootstrapSchema } from '../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { ClusterLoadAssignmentSchema } from '../gen/envoy/config/endpoint/v3/endpoint_pb.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { RouteConfigurationSchema } from '../gen/envoy/config/route/v3/route_pb.ts';
import {
  type TlsCertificate,
  TlsCertificateSchema,
} from '../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts';
import { extensionType } from '../resources/extension.ts';
import { EXTENSION_SCHEMAS } from '../resources/extension-schemas.ts';

/** Of every message that can hold a key. */
const TLS_PACKAGE = 'envoy.extensions.transport_sockets.tls.';

/** Every message that may stand in an Any of a dump. */
export const DUMP_REGISTRY: Registry = createRegistry(
  ClustersConfigDumpSchema,
  EndpointsConfigDumpSchema,
  ListenersConfigDumpSchema,
  RoutesConfigDumpSchema,
  ClusterSchema,
  ClusterLoadAssignmentSchema,
  ListenerSchema,
  RouteConfigurationSchema,
  ...EXTENSION_SCHEMAS,
  BootstrapSchema,
  StructSchema,
);

/** A copy of `any` that `toJson` can print with DUMP_REGISTRY, whatever is in it. */
export function dumpableAny(any: Any): Any {
  const schema = DUMP_REGISTRY.getMessage(extensionType(any));
  if (schema === undefined) return placeholder(any);
  try {
    const message = fromBinary(schema, any.value);
    replaceAnys(message);
    return { ...any, value: toBinary(schema, message) };
  } catch {
    return placeholder(any);
  }
}

/** `any` as it is, unless there may be a key in it: then without that, and what this build cannot describe is a placeholder. */
export function withoutSecrets(any: Any): Any {
  const { byteLength, byteOffset, buffer } = any.value;
  return Buffer.from(buffer, byteOffset, byteLength).includes(TLS_PACKAGE) ? dumpableAny(any) : any;
}

/** Messages are plain objects: whatever looks like an Any in them is one, or is text of a Struct that loses nothing by it. */
function replaceAnys(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (isCertificate(value)) redact(value);
  if (isAny(value)) Object.assign(value, dumpableAny(value));
  else for (const member of Object.values(value)) replaceAnys(member);
}

function isCertificate(value: object): value is TlsCertificate {
  return '$typeName' in value && value.$typeName === TlsCertificateSchema.typeName;
}

/** A key must not leave the process by its own admin pages. Where it lies may be told. */
function redact(certificate: TlsCertificate): void {
  for (const secret of [certificate.privateKey, certificate.password]) {
    if (secret === undefined || secret.specifier.case === 'filename') continue;
    secret.specifier = { case: 'inlineString', value: '[redacted]' };
  }
}

function isAny(value: object): value is Any {
  return '$typeName' in value && value.$typeName === AnySchema.typeName && 'value' in value && 'typeUrl' in value;
}

function placeholder(any: Any): Any {
  const base64 = Buffer.from(any.value).toString('base64');
  return anyPack(StructSchema, fromJson(StructSchema, { type_url: any.typeUrl, base64 }));
}
