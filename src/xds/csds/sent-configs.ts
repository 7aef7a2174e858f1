// What the control plane tells about one client: each resource that it was sent, asked for, or refuses.
import { fromBinary } from '@bufbuild/protobuf';
import { AnySchema, timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { EncodedResource } from '../cache/encoded-resource.ts';
import { withoutSecrets } from '../client/dumpable-any.ts';
import { ConfigStatus } from '../gen/envoy/service/status/v3/csds_pb.ts';
import { encodeNodeId } from '../node.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import type { Refusal } from '../server/acknowledgements.ts';
import type { AdsStream } from '../server/ads-stream.ts';
import type { Subscription } from '../server/subscription.ts';
import type { ClientStatusQuery } from './client-status-query.ts';
import type { ClientConfigInit, ResourceConfigInit } from './client-status-source.ts';

/** Where the resource was written that is refused, as sentences; empty = nobody knows. */
export type ExplainRefusal = (shortName: string, name: string, reason: string) => readonly string[];

/** Null where the client is not asked about, or has not said who it is. */
export function describeSent(
  stream: AdsStream<never>,
  query: ClientStatusQuery,
  explain: ExplainRefusal,
): ClientConfigInit | null {
  const { node } = stream;
  if (node === null || !query.wantsNode(node.id)) return null;
  const asked = [...stream.subscriptions].flatMap((subscription) =>
    describeSubscription(subscription, stream, query, explain),
  );
  // As `status` shows it: what the client holds leads there, and it has not asked.
  const unasked = RESOURCE_TYPES.filter((type) => stream.hasYetToAsk(type)).map(({ typeUrl }) => ({
    typeUrl,
    configStatus: ConfigStatus.NOT_SENT,
  }));
  return { node: encodeNodeId(node), genericXdsConfigs: [...asked, ...unasked] };
}

function describeSubscription(
  subscription: Subscription,
  stream: AdsStream<never>,
  { contents }: ClientStatusQuery,
  explain: ExplainRefusal,
): ResourceConfigInit[] {
  const { type, sent, answers } = subscription;
  const state = stream.view?.state(type.typeUrl) ?? null;
  const names = new Set([...sent.keys(), ...subscription.names, ...answers.refused.keys()]);
  if (subscription.wildcard) for (const name of state?.resources.keys() ?? []) names.add(name);
  const awaited = new Set(answers.awaited);
  return [...names].sort().map((name) => {
    const resource = sent.get(name);
    const refusal = answers.refused.get(name);
    const isNewest = resource?.version === state?.find(name)?.version && !awaited.has(name);
    return {
      typeUrl: type.typeUrl,
      name,
      configStatus: statusOf(resource, refusal, isNewest),
      ...(resource === undefined ? {} : describeResource(resource, contents)),
      ...(refusal === undefined
        ? {}
        : { errorState: describeRefusal(refusal, explain(type.shortName, name, refusal.reason)) }),
    };
  });
}

function statusOf(
  resource: EncodedResource | undefined,
  refusal: Refusal | undefined,
  isNewest: boolean,
): ConfigStatus {
  if (refusal !== undefined) return ConfigStatus.ERROR;
  if (resource === undefined) return ConfigStatus.NOT_SENT;
  return isNewest ? ConfigStatus.SYNCED : ConfigStatus.STALE;
}

function describeResource({ version, any }: EncodedResource, contents: boolean) {
  return { versionInfo: version, ...(contents ? { xdsConfig: withoutSecrets(fromBinary(AnySchema, any)) } : {}) };
}

function describeRefusal({ reason, version, at }: Refusal, origins: readonly string[]) {
  const from = origins.length === 0 ? '' : `\n(from ${origins.join('; ')})`;
  return { details: `${reason}${from}`, versionInfo: version, lastUpdateAttempt: timestampFromMs(at) };
}
