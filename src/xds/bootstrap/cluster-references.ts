// Where a listener of a file names clusters: each name with its path, so that one that leads nowhere is told on its line.
import { createRegistry, type DescField, type Message } from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';
import { type Any, anyUnpack } from '@bufbuild/protobuf/wkt';
import { type Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { joinPath } from '../resources/decode-context.ts';
import { EXTENSION_SCHEMAS } from '../resources/extension-schemas.ts';
import { ANY } from './field-kind.ts';

export interface ClusterReference {
  /** Below the listener. */
  readonly path: string;
  readonly name: string;
}

const TCP_PROXY = 'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';

/** The field that names a cluster, by message. */
const NAMING_FIELDS: Readonly<Record<string, string>> = {
  'envoy.config.route.v3.RouteAction': 'cluster',
  'envoy.config.route.v3.WeightedCluster.ClusterWeight': 'name',
  [TCP_PROXY]: 'cluster',
  [`${TCP_PROXY}.WeightedCluster.ClusterWeight`]: 'name',
};

const EXTENSIONS = createRegistry(...EXTENSION_SCHEMAS);

/** In the order of the file; names that are empty are left out. Extensions that are not known are not looked into. */
export function clusterReferences(listener: Listener): readonly ClusterReference[] {
  const found: ClusterReference[] = [];
  collect(reflect(ListenerSchema, listener), '', found);
  return found;
}

function collect(message: ReflectMessage, path: string, found: ClusterReference[]): void {
  const naming = NAMING_FIELDS[message.desc.typeName];
  for (const field of message.fields) {
    if (!message.isSet(field)) continue;
    const at = joinPath(path, field.name);
    if (field.name === naming) found.push({ path: at, name: String(message.get(field)) });
    else for (const [child, place] of childrenOf(message, field, at)) collect(unpacked(child), place, found);
  }
}

function childrenOf(message: ReflectMessage, field: DescField, path: string): [ReflectMessage, string][] {
  if (field.fieldKind === 'message') return [[message.get(field), path]];
  if (field.fieldKind !== 'list' || field.listKind !== 'message') return [];
  return [...message.get(field)].map((item, index) => [item as ReflectMessage, `${path}[${index}]`]);
}

function unpacked(message: ReflectMessage): ReflectMessage {
  if (message.desc.typeName !== ANY) return message;
  const inner: Message | undefined = anyUnpack(message.message as Any, EXTENSIONS);
  const schema = inner === undefined ? undefined : EXTENSIONS.getMessage(inner.$typeName);
  return inner === undefined || schema === undefined ? message : reflect(schema, inner);
}
