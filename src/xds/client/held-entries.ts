// What a client holds and refuses of one type, joined by name: the common ground of /config_dump and CSDS.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { type Any, type Timestamp, timestampFromMs } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../base/result.ts';
import { ClientResourceStatus, type UpdateFailureStateSchema } from '../gen/envoy/admin/v3/config_dump_shared_pb.ts';
import type { HeldResource, HeldType, RefusedResource } from './held-type.ts';

/** How a resource's bytes are shown; null = not at all. */
export type Wrap = (held: HeldType, bytes: Uint8Array) => Any | null;

export interface HeldEntry {
  readonly name: string;
  /** The version in use; empty when the resource has only ever been refused. */
  readonly active: { readonly versionInfo?: string; readonly lastUpdated?: Timestamp; readonly resource?: Any };
  readonly rest: {
    readonly clientStatus: ClientResourceStatus;
    readonly errorState?: MessageInitShape<typeof UpdateFailureStateSchema>;
  };
}

/** Sorted by name. */
export function heldEntries(held: HeldType, wrap: Wrap): HeldEntry[] {
  const names = new Set([...held.held.keys(), ...held.refused.keys()]);
  return [...names].sort().map((name) => {
    const refused = held.refused.get(name);
    const clientStatus = refused === undefined ? ClientResourceStatus.ACKED : ClientResourceStatus.NACKED;
    const errorState = refused === undefined ? {} : { errorState: describeFailure(held, refused, wrap) };
    return { name, active: describeActive(held, held.held.get(name), wrap), rest: { clientStatus, ...errorState } };
  });
}

function describeActive(held: HeldType, resource: HeldResource | undefined, wrap: Wrap): HeldEntry['active'] {
  if (resource === undefined) return {};
  const { version, updatedAt, bytes } = resource;
  const any = wrap(held, bytes);
  const shown = any === null ? {} : { resource: any };
  return { versionInfo: version, lastUpdated: timestampFromMs(updatedAt), ...shown };
}

function describeFailure(held: HeldType, refused: RefusedResource, wrap: Wrap) {
  const any = wrap(held, refused.bytes);
  return {
    ...(any === null ? {} : { failedConfiguration: any }),
    lastUpdateAttempt: timestampFromMs(refused.refusedAt),
    details: refused.issues.map(renderIssue).join('\n'),
    versionInfo: refused.version,
  };
}
