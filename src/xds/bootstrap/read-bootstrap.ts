// An Envoy v3 bootstrap, as YAML or JSON text → what the sidecar runs, or everything that is wrong with it.
import { createRegistry, type JsonObject, type JsonValue, type Registry, toJson } from '@bufbuild/protobuf';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { nearest } from '../../base/nearest.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { HomeSpec } from '../../model/home-spec.ts';
import { DUMP_REGISTRY, dumpableAny } from '../client/dumpable-any.ts';
import { type Bootstrap, BootstrapSchema } from '../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { decodeAddress } from '../resources/address.ts';
import { auditFields } from '../resources/audit-fields.ts';
import type { DecodeContext } from '../resources/decode-context.ts';
import { EXTENSION_SCHEMAS } from '../resources/extension-schemas.ts';
import type { AdsSpec, BootstrapSpec } from './bootstrap-spec.ts';
import { type AdsDraft, decodeDynamicResources } from './dynamic-resources.ts';
import { FileContext } from './file-context.ts';
import { parseLocated } from './located-value.ts';
import { MessageReader } from './message-reader.ts';
import { decodeStaticResources, type StaticResources } from './static-resources.ts';

/** What may stand under `@type`. Others are kept by their name alone, for the decoders to judge. */
const EXTENSIONS: Registry = createRegistry(...EXTENSION_SCHEMAS);

/** `source` names the file in issues and notes. Never throws. */
export function readBootstrap(text: string, source: string): Result<BootstrapSpec> {
  const located = parseLocated(text, source);
  if (!located.ok) return located;
  const reader = new MessageReader(source, EXTENSIONS);
  const message = reader.read(BootstrapSchema, located.value, '') as Bootstrap;
  const file = new FileContext(source, reader);
  // Audited one by one where they are decoded.
  const { staticResources, ...rest } = message;
  file.decode('', (context) => auditFields(BootstrapSchema, rest, context, ''));
  const draft = file.decode('', (context) => decodeDynamicResources(message, context));
  const resources = decodeStaticResources(staticResources, draft, file);
  const ads = draft === null ? null : completeAds(draft, resources, file);
  const home = decodeHome(message, resources, file);
  const admin = file.decode('', (context) => decodeAdmin(message, context));
  if (resources.listeners.length === 0 && draft?.listeners !== true && file.issues.length === 0) {
    file.refuse('static_resources', 'has no listener', 'add one, or dynamic_resources.lds_config');
  }
  if (file.issues.length > 0) return fail(file.issues);
  const { clusters, listeners } = resources;
  const own = home === null ? {} : { home };
  return ok({ ads, admin, clusters, listeners, ...own, notes: file.notes, configDump: dump(message) });
}

/** Source: envoy.config.bootstrap.v3.ClusterManager.local_cluster_name; as there, it is a cluster of the file. */
function decodeHome(message: Bootstrap, { clusters }: StaticResources, file: FileContext): HomeSpec | null {
  const cluster = message.clusterManager?.localClusterName ?? '';
  if (cluster === '') return null;
  const path = 'cluster_manager.local_cluster_name';
  const names = clusters.map(({ name }) => name);
  if (!names.includes(cluster) && file.issues.length === 0) {
    const near = nearest(cluster, names);
    const remedy = near === null ? 'add it to static_resources.clusters' : `did you mean ${near}?`;
    file.refuse(path, `"${cluster}" is no cluster of this file`, remedy);
  }
  const { region = '', zone = '', subZone = '' } = message.node?.locality ?? {};
  return { cluster, locality: { region, zone, subZone } };
}

function completeAds(draft: AdsDraft, resources: StaticResources, file: FileContext): AdsSpec | null {
  const { clusterName, ...rest } = draft;
  const { controlPlane } = resources;
  if (controlPlane !== null) return { ...rest, ...controlPlane };
  const path = 'dynamic_resources.ads_config.grpc_services';
  if (clusterName !== '') {
    file.refuse(path, `"${clusterName}" is no cluster of this file`, 'add it to static_resources.clusters');
  }
  return null;
}

function decodeAdmin(message: Bootstrap, context: DecodeContext): BootstrapSpec['admin'] {
  const address = message.admin?.address;
  return address === undefined ? null : decodeAddress(address, 0, context, 'admin.address');
}

/** Source: envoy.admin.v3.BootstrapConfigDump. */
function dump(message: Bootstrap): JsonObject[] {
  const any = dumpableAny(anyPack(BootstrapSchema, message));
  const json: JsonValue = toJson(AnySchema, any, { registry: DUMP_REGISTRY, useProtoFieldName: true });
  const bootstrap: JsonObject = typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : {};
  delete bootstrap['@type'];
  return [{ '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump', bootstrap }];
}
