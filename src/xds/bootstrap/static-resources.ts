// static_resources: clusters and listeners that stand in the file, read by the decoders that xDS uses.
import { type DescMessage, type MessageShape, toBinary } from '@bufbuild/protobuf';
import { nearest } from '../../base/nearest.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { httpManagersOf, type ListenerSpec } from '../../model/listener-spec.ts';
import type { Bootstrap_StaticResources } from '../gen/envoy/config/bootstrap/v3/bootstrap_pb.ts';
import { ClusterSchema } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { CLUSTER_TYPE } from '../resources/cluster.ts';
import { joinPath } from '../resources/decode-context.ts';
import { LISTENER_TYPE } from '../resources/listener.ts';
import type { ResourceType } from '../resources/resource-type.ts';
import { clusterReferences } from './cluster-references.ts';
import { type ControlPlaneCluster, decodeControlPlaneCluster } from './control-plane-cluster.ts';
import type { AdsDraft } from './dynamic-resources.ts';
import type { FileContext } from './file-context.ts';

const CLUSTERS = 'static_resources.clusters';
const LISTENERS = 'static_resources.listeners';

export interface StaticResources {
  readonly clusters: readonly ClusterSpec[];
  readonly listeners: readonly ListenerSpec[];
  /** The cluster that `ads` names; null where there is none. */
  readonly controlPlane: ControlPlaneCluster | null;
}

export function decodeStaticResources(
  message: Bootstrap_StaticResources | undefined,
  ads: AdsDraft | null,
  file: FileContext,
): StaticResources {
  const all = message?.clusters ?? [];
  checkNames(all, CLUSTERS, file);
  const at = all.findIndex(({ name }) => ads !== null && name === ads.clusterName);
  const own = all[at];
  const controlPlane =
    own === undefined ? null : file.decode(`${CLUSTERS}[${at}]`, (context) => decodeControlPlaneCluster(own, context));
  const clusters = all.flatMap((cluster, i) => {
    if (i === at) return [];
    const specs = decodeOne(CLUSTER_TYPE, ClusterSchema, cluster, `${CLUSTERS}[${i}]`, file);
    if (ads === null && specs.some(({ discovery }) => discovery.kind === 'eds')) {
      file.refuse(`${CLUSTERS}[${i}].eds_cluster_config`, NO_CONTROL_PLANE, NAME_ONE);
    }
    return specs;
  });
  const names = all.flatMap(({ name }, i) => (i === at ? [] : [name]));
  return { clusters, listeners: decodeListeners(message, names, ads, file), controlPlane };
}

const NO_CONTROL_PLANE = 'asks a control plane, and the file names none';
const NAME_ONE = 'add dynamic_resources.ads_config';

function decodeListeners(
  message: Bootstrap_StaticResources | undefined,
  names: readonly string[],
  ads: AdsDraft | null,
  file: FileContext,
): ListenerSpec[] {
  // A listener of a file needs no name, but ours are told apart by it.
  const all = (message?.listeners ?? []).map((listener, i) => ({
    ...listener,
    name: listener.name || `listener_${i}`,
  }));
  checkNames(all, LISTENERS, file);
  return all.flatMap((listener, i) => {
    const path = `${LISTENERS}[${i}]`;
    const specs = decodeOne(LISTENER_TYPE, ListenerSchema, listener, path, file);
    for (const spec of specs) checkRoutes(spec, ads, path, file);
    checkClusters(listener, names, ads, path, file);
    return specs;
  });
}

/** The wire form is what decoders read; what could not be read at all is not looked at again. */
function decodeOne<Desc extends DescMessage, Spec>(
  type: ResourceType<Spec>,
  schema: Desc,
  message: MessageShape<Desc>,
  path: string,
  file: FileContext,
): Spec[] {
  if (!file.isReadable(path)) return [];
  const { result, ignored } = type.decode(toBinary(schema, message));
  file.take(path, result.ok ? [] : result.issues, ignored);
  return result.ok ? [result.value] : [];
}

function checkNames(resources: readonly { readonly name: string }[], path: string, file: FileContext): void {
  const seen = new Map<string, number>();
  for (const [i, { name }] of resources.entries()) {
    const first = seen.get(name);
    if (first === undefined) seen.set(name, i);
    else if (name !== '')
      file.refuse(`${path}[${i}].name`, `"${name}" is also the name of ${path}[${first}]`, 'choose another');
  }
}

/** A route configuration that nobody will send is a mistake. */
function checkRoutes(listener: ListenerSpec, ads: AdsDraft | null, path: string, file: FileContext): void {
  for (const { routes } of httpManagersOf(listener)) {
    if (routes.kind !== 'rds' || ads !== null) continue;
    file.refuse(path, `its route configuration "${routes.name}" ${NO_CONTROL_PLANE}`, NAME_ONE);
  }
}

/** So is a cluster that will never be there: `names` are all that there are, unless clusters come from the control plane too. */
function checkClusters(
  listener: Listener,
  names: readonly string[],
  ads: AdsDraft | null,
  path: string,
  file: FileContext,
): void {
  const isKnown = names.length > 0 || file.isReadable(CLUSTERS);
  if (ads?.clusters === true || !isKnown || !file.isReadable(path)) return;
  for (const { path: below, name } of clusterReferences(listener)) {
    if (names.includes(name)) continue;
    const near = nearest(name, names);
    const remedy = near === null ? `add it to ${CLUSTERS}` : `did you mean ${near}?`;
    const isForAds = name === ads?.clusterName;
    const what = isForAds ? 'is for the control plane alone' : 'is no cluster of this file';
    file.refuse(joinPath(path, below), `"${name}" ${what}`, isForAds ? 'name another' : remedy);
  }
}
