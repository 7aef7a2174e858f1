// What a sidecar tells about itself: what it holds, refuses, waits for and misses, and what stands in its file.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { AnySchema } from '@bufbuild/protobuf/wkt';
import type { Snapshot } from '../../model/snapshot.ts';
import { withoutSecrets } from '../client/dumpable-any.ts';
import { heldEntries, type Wrap } from '../client/held-entries.ts';
import type { HeldType, MissingReason } from '../client/held-type.ts';
import { ClientResourceStatus } from '../gen/envoy/admin/v3/config_dump_shared_pb.ts';
import type { NodeSchema } from '../gen/envoy/config/core/v3/base_pb.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import type { ClientStatusSource, ResourceConfigInit } from './client-status-source.ts';

/** What an AdsClient has. */
export interface Holdings {
  node(): MessageInitShape<typeof NodeSchema>;
  readonly types: readonly HeldType[];
}

const MISSING_STATUS: Readonly<Record<MissingReason, ClientResourceStatus>> = {
  'does-not-exist': ClientResourceStatus.DOES_NOT_EXIST,
  timeout: ClientResourceStatus.TIMEOUT,
  // Source: xDS protocol, TTL: as if it had been removed.
  expired: ClientResourceStatus.DOES_NOT_EXIST,
};

/** `holdings`: null where nobody is asked for more than `statics`, which stands in the file. */
export function sidecarStatus(holdings: Holdings | null, statics: Snapshot): ClientStatusSource {
  return {
    clientConfigs({ wantsNode, contents }) {
      const node = holdings?.node() ?? {};
      if (!wantsNode(node.id ?? '')) return [];
      // Of some types nothing but the version is kept.
      const wrap: Wrap = (held, bytes) => (contents && bytes.length > 0 ? anyOf(held.type.typeUrl, bytes) : null);
      const dynamic = (holdings?.types ?? []).flatMap((held) => [...present(held, wrap), ...absent(held)]);
      return [{ node, genericXdsConfigs: [...staticConfigs(statics, contents), ...dynamic] }];
    },
  };
}

function present(held: HeldType, wrap: Wrap): ResourceConfigInit[] {
  return heldEntries(held, wrap).map(({ name, active, rest }) => {
    const { resource, ...state } = active;
    return {
      typeUrl: held.type.typeUrl,
      name,
      ...state,
      ...rest,
      ...(resource === undefined ? {} : { xdsConfig: resource }),
    };
  });
}

/** Asked for and not held; name `*`: nothing of the type has come at all. */
function absent(held: HeldType): ResourceConfigInit[] {
  const { typeUrl } = held.type;
  const missing = Array.from(held.missing.values(), ({ name, reason }) => ({
    typeUrl,
    name,
    clientStatus: MISSING_STATUS[reason],
  }));
  const asked = held.unanswered().map((name) => ({ typeUrl, name, clientStatus: ClientResourceStatus.REQUESTED }));
  return [...missing, ...asked];
}

function staticConfigs(statics: Snapshot, contents: boolean): ResourceConfigInit[] {
  return RESOURCE_TYPES.flatMap((type) =>
    Array.from(type.specs(statics).values(), (spec) => ({
      typeUrl: type.typeUrl,
      name: type.name(spec),
      isStaticResource: true,
      ...(contents ? { xdsConfig: anyOf(type.typeUrl, type.encode(spec)) } : {}),
    })),
  );
}

function anyOf(typeUrl: string, value: Uint8Array) {
  return withoutSecrets(create(AnySchema, { typeUrl, value: new Uint8Array(value) }));
}
