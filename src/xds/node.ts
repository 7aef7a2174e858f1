// Who a client is: NodeIdentity ↔ envoy.config.core.v3.Node.
import { isIP } from 'node:net';
import type { JsonObject, JsonValue, MessageInitShape } from '@bufbuild/protobuf';
import { errorIssue, fail, type Issue, ok, type Result } from '../base/result.ts';
import type { LocalitySpec } from '../model/endpoint-spec.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { type NodeIdentity, namespaceOfNodeId } from '../model/node-identity.ts';
import { renderSocketAddress } from '../model/socket-address.ts';
import type { Node, NodeSchema } from './gen/envoy/config/core/v3/base_pb.ts';

/** Metadata: the namespace that short Service names are seen from. */
const NAMESPACE = 'NAMESPACE';
/** Metadata: where the outbound listener shall be, a list of `ip:port` or `[ip]:port`; one text with commas is taken too. */
const OUTBOUND_ADDRESSES = 'OUTBOUND_ADDRESSES';
/** Metadata: true where the client asks for the configuration of what is dialled, and needs no more than the names of the rest. */
const ON_DEMAND = 'ON_DEMAND';
/** Metadata: REDIRECT where connections are redirected to the client; NONE, or nothing, where it is called as a proxy. */
const INTERCEPTION_MODE = 'INTERCEPTION_MODE';

/** A node as a bootstrap file gives it. Source: envoy.config.core.v3.Node. */
export interface GivenNode {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: JsonObject;
  readonly locality: LocalitySpec | null;
}

const USER_AGENT = 'switchboard';
const DEFAULT_NAMESPACE = 'default';
const MAX_OUTBOUND_ADDRESSES = 16;

/** `metadata`: what else the control plane may want to know (SERVICE_ACCOUNT, LABELS, POD_UID, WORKLOAD). */
export function encodeNode(node: NodeIdentity | GivenNode, metadata: JsonObject): MessageInitShape<typeof NodeSchema> {
  if ('cluster' in node) return encodeGivenNode(node, metadata);
  const addresses = node.outboundAddresses.map(renderSocketAddress);
  return {
    id: node.id,
    cluster: node.namespace,
    metadata: {
      ...metadata,
      [NAMESPACE]: node.namespace,
      ...(addresses.length === 0 ? {} : { [OUTBOUND_ADDRESSES]: addresses }),
      ...(node.onDemand === true ? { [ON_DEMAND]: true } : {}),
      ...(node.interception === undefined ? {} : { [INTERCEPTION_MODE]: 'REDIRECT' }),
    },
    userAgentName: USER_AGENT,
  };
}

/** As much of a client as the control plane keeps of it. */
export function encodeNodeId({ id, namespace }: NodeIdentity): MessageInitShape<typeof NodeSchema> {
  return { id, metadata: { [NAMESPACE]: namespace } };
}

function encodeGivenNode({ id, cluster, metadata: own, locality }: GivenNode, metadata: JsonObject) {
  const place = locality === null ? {} : { locality: { ...locality } };
  return { id, cluster, metadata: { ...metadata, ...own }, userAgentName: USER_AGENT, ...place };
}

/** The namespace is that of the metadata, else that of the node id, else `default`. */
export function decodeNode(node: Node): Result<NodeIdentity> {
  const issues: Issue[] = [];
  const metadata = node.metadata ?? {};
  const namespace = metadata[NAMESPACE] ?? namespaceOfNodeId(node.id) ?? DEFAULT_NAMESPACE;
  if (typeof namespace !== 'string' || !/^[a-z0-9-]{1,63}$/.test(namespace)) {
    issues.push(nodeIssue(NAMESPACE, namespace, 'give the name of a Kubernetes namespace'));
  }
  const outboundAddresses = decodeAddresses(metadata[OUTBOUND_ADDRESSES], issues);
  const mode = metadata[INTERCEPTION_MODE] ?? 'NONE';
  if (mode !== 'REDIRECT' && mode !== 'NONE') issues.push(nodeIssue(INTERCEPTION_MODE, mode, 'use REDIRECT or NONE'));
  if (issues.length > 0) return fail(issues);
  return ok({
    id: node.id,
    namespace: String(namespace),
    outboundAddresses,
    ...(metadata[ON_DEMAND] === true ? { onDemand: true } : {}),
    ...(mode === 'REDIRECT' ? { interception: 'redirect' } : {}),
  });
}

function decodeAddresses(value: JsonValue | undefined, issues: Issue[]): SocketAddressSpec[] {
  if (value === undefined) return [];
  const texts = typeof value === 'string' ? value.split(',') : Array.isArray(value) ? value : [value];
  if (texts.length > MAX_OUTBOUND_ADDRESSES) {
    issues.push(nodeIssue(OUTBOUND_ADDRESSES, texts.length, `give at most ${MAX_OUTBOUND_ADDRESSES}`));
    return [];
  }
  return texts.flatMap((text) => {
    const address = typeof text === 'string' ? parseAddress(text.trim()) : null;
    if (address === null) issues.push(nodeIssue(OUTBOUND_ADDRESSES, text, 'give ip:port, e.g. 127.0.0.1:15001'));
    return address ?? [];
  });
}

function nodeIssue(key: string, value: JsonValue, remedy: string): Issue {
  return errorIssue(`is ${JSON.stringify(value)?.slice(0, 100)}`, { source: 'node', path: `metadata.${key}`, remedy });
}

function parseAddress(text: string): SocketAddressSpec | null {
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  const host = text.slice(0, Math.max(0, colon));
  const bare = host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
  const port = /^[0-9]{1,5}$/.test(digits) ? Number(digits) : -1;
  return isIP(bare) === 0 || port < 0 || port > 65_535 ? null : { host: bare, port };
}
