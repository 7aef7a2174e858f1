// dynamic_resources: which control plane is asked, how, and for what.
import type { Bootstrap, Bootstrap_DynamicResources } from '../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import type { Node } from '../gen/envoy/config/core/v3/base_pb.ts';
import {
  type ApiConfigSource,
  ApiConfigSource_ApiType,
  ApiVersion,
} from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { GivenNode } from '../node.ts';
import { checkAdsSource } from '../resources/config-source.ts';
import type { DecodeContext } from '../resources/decode-context.ts';
import type { AdsSpec } from './bootstrap-spec.ts';

const INCREMENTAL: ReadonlyMap<ApiConfigSource_ApiType, boolean> = new Map([
  [ApiConfigSource_ApiType.GRPC, false],
  [ApiConfigSource_ApiType.AGGREGATED_GRPC, false],
  [ApiConfigSource_ApiType.DELTA_GRPC, true],
  [ApiConfigSource_ApiType.AGGREGATED_DELTA_GRPC, true],
]);

/** An AdsSpec before the cluster that it names was found. */
export type AdsDraft = Omit<AdsSpec, 'addresses' | 'connectTimeoutMs'> & { readonly clusterName: string };

/** Null: nobody is asked. Paths are those of the file. */
export function decodeDynamicResources(message: Bootstrap, context: DecodeContext): AdsDraft | null {
  const dynamic = message.dynamicResources;
  if (dynamic === undefined) return null;
  const path = 'dynamic_resources';
  const clusters = isAsked(dynamic, 'cdsConfig', context, `${path}.cds_config`);
  const listeners = isAsked(dynamic, 'ldsConfig', context, `${path}.lds_config`);
  const source = dynamic.adsConfig;
  if (source === undefined) {
    if (clusters || listeners) context.refuse(path, 'has no ads_config', 'say which control plane is asked');
    return null;
  }
  const at = `${path}.ads_config`;
  const incremental = decodeApiType(source, context, at);
  const clusterName = decodeClusterName(source, context, at);
  return { node: decodeBootstrapNode(message.node, context), clusterName, incremental, clusters, listeners };
}

function isAsked(
  dynamic: Bootstrap_DynamicResources,
  key: 'cdsConfig' | 'ldsConfig',
  context: DecodeContext,
  path: string,
): boolean {
  const source = dynamic[key];
  if (source !== undefined) checkAdsSource(source, context, path);
  return source !== undefined;
}

function decodeApiType(source: ApiConfigSource, context: DecodeContext, path: string): boolean {
  const incremental = INCREMENTAL.get(source.apiType);
  if (incremental === undefined) context.refuse(`${path}.api_type`, 'is not gRPC', 'use GRPC or DELTA_GRPC');
  if (source.transportApiVersion !== ApiVersion.V3) {
    context.refuse(`${path}.transport_api_version`, 'is not V3', 'set it to V3');
  }
  return incremental ?? false;
}

function decodeClusterName(source: ApiConfigSource, context: DecodeContext, path: string): string {
  const [first, ...others] = source.grpcServices;
  const target = first?.targetSpecifier;
  if (others.length > 0) context.refuse(`${path}.grpc_services`, 'names several services', 'keep one');
  const name = target?.case === 'envoyGrpc' ? target.value.clusterName : '';
  if (name === '') context.refuse(`${path}.grpc_services`, 'names no cluster', 'give one with envoy_grpc.cluster_name');
  return name;
}

function decodeBootstrapNode(node: Node | undefined, context: DecodeContext): GivenNode {
  const { id = '', cluster = '', metadata = {}, locality } = node ?? {};
  if (id === '') context.refuse('node.id', 'is empty', 'the control plane tells its clients apart by it: give one');
  const { region = '', zone = '', subZone = '' } = locality ?? {};
  return { id, cluster, metadata, locality: locality === undefined ? null : { region, zone, subZone } };
}
