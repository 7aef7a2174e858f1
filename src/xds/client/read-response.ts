// Turns a response into what is new, what is gone and what is wrong: every resource is read, every issue kept.
import type { Any } from '@bufbuild/protobuf/wkt';
import { contentHash } from '../../base/content-hash.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import type { DiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import type { HeldResource, HeldType, RefusedResource } from './held-type.ts';

export interface Reading {
  /** New or changed, and good. */
  readonly upserted: readonly HeldResource[];
  /** Names that the response says are gone. */
  readonly removed: readonly string[];
  readonly refused: readonly RefusedResource[];
  /** Names that came as they were. */
  readonly unchanged: readonly string[];
  /** All that is wrong, the refused resources' issues among it. */
  readonly issues: readonly Issue[];
}

interface Draft {
  readonly upserted: HeldResource[];
  readonly refused: RefusedResource[];
  readonly unchanged: string[];
  readonly issues: Issue[];
  readonly seen: Set<string>;
  /** Some resource could not even be named: then nobody can tell what is missing. */
  unnamed: boolean;
}

/** Changes nothing. `now`: milliseconds since the Unix epoch. */
export function readResponse(held: HeldType, response: DiscoveryResponse, now: number): Reading {
  const draft: Draft = { upserted: [], refused: [], unchanged: [], issues: [], seen: new Set(), unnamed: false };
  const byHash = new Map([...held.held.values()].map((resource) => [resource.hash, resource]));
  for (const [index, any] of response.resources.entries()) {
    readResource(draft, held, byHash, any, `resources[${index}]`, response.versionInfo, now);
  }
  const absent = held.type.wildcard && !draft.unnamed ? [...held.held.keys()].filter((n) => !draft.seen.has(n)) : [];
  const { upserted, refused, unchanged, issues } = draft;
  return { upserted, removed: absent, refused, unchanged, issues };
}

function readResource(
  draft: Draft,
  held: HeldType,
  byHash: ReadonlyMap<string, HeldResource>,
  any: Any,
  path: string,
  version: string,
  now: number,
): void {
  const { type } = held;
  if (any.typeUrl !== type.typeUrl) {
    draft.unnamed = true;
    const remedy = `send only ${type.typeUrl} in a response of that type`;
    draft.issues.push(errorIssue(`is a ${any.typeUrl || 'resource without type'}`, { path, remedy }));
    return;
  }
  const hash = contentHash(any.value);
  const same = byHash.get(hash);
  const decoded = same === undefined ? type.decode(any.value) : null;
  const name = same?.name ?? decoded?.name ?? '';
  if (name === '') draft.unnamed = true;
  else if (draft.seen.has(name)) {
    const remedy = 'send each name once in a response';
    draft.issues.push(errorIssue(`repeats ${type.noun} "${name}"`, { path, remedy }));
    return;
  }
  draft.seen.add(name);
  if (same !== undefined) draft.unchanged.push(name);
  if (decoded === null) return;
  const bytes = any.value;
  if (!decoded.result.ok) {
    const { issues } = decoded.result;
    draft.issues.push(...issues);
    if (name !== '') draft.refused.push({ name, bytes, version, refusedAt: now, issues });
    return;
  }
  const spec = decoded.result.value;
  const { ignored } = decoded;
  const references = type.references(spec);
  draft.upserted.push({ name, hash, bytes, spec, references, ignored, version, updatedAt: now });
}
