// Turns a response into what is new, what is gone and what is wrong: every resource is read, every issue kept.
import { contentHash } from '../../base/content-hash.ts';
import { errorIssue, type Issue } from '../../base/result.ts';
import type { DecodedResource } from '../resources/resource-type.ts';
import type { DeliveredResource, Delivery, Payload } from './client-codec.ts';
import type { HeldResource, HeldType, RefusedResource } from './held-type.ts';

export interface Reading {
  /** New or changed, and good. */
  readonly upserted: readonly HeldResource[];
  /** Came as it was, under another version. */
  readonly restamped: readonly HeldResource[];
  /** Held until now, and gone. */
  readonly removed: readonly string[];
  /** Asked for, never held, and said not to exist. */
  readonly absent: readonly string[];
  readonly refused: readonly RefusedResource[];
  /** Names that came as they were. */
  readonly unchanged: readonly string[];
  /** How long each may be used from now on, ms; null = for ever. What is not in it keeps the time that it had. */
  readonly ttls: ReadonlyMap<string, number | null>;
  /** All that is wrong, the refused resources' issues among it. */
  readonly issues: readonly Issue[];
}

class Draft {
  readonly upserted: HeldResource[] = [];
  readonly restamped: HeldResource[] = [];
  readonly refused: RefusedResource[] = [];
  readonly unchanged: string[] = [];
  readonly ttls = new Map<string, number | null>();
  readonly issues: Issue[] = [];
  readonly seen = new Set<string>();
  /** Some resource could not even be named: then nobody can tell what is missing. */
  unnamed = false;
  readonly held: HeldType;
  readonly now: number;
  #byHash: ReadonlyMap<string, HeldResource> | null = null;

  constructor(held: HeldType, now: number) {
    this.held = held;
    this.now = now;
  }

  /** The held resource with this content: by its name where that is known, so that one change among thousands costs one look. */
  sameAs(name: string | null, hash: string): HeldResource | undefined {
    if (name === null) {
      this.#byHash ??= new Map(Array.from(this.held.held.values(), (resource) => [resource.hash, resource]));
      return this.#byHash.get(hash);
    }
    const held = this.held.held.get(name);
    return held?.hash === hash ? held : undefined;
  }

  refuse(path: string, message: string, remedy: string): Issue {
    const issue = errorIssue(message, { path, remedy });
    this.issues.push(issue);
    return issue;
  }
}

/** Changes nothing. `now`: milliseconds since the Unix epoch. */
export function readDelivery(held: HeldType, delivery: Delivery, now: number): Reading {
  const draft = new Draft(held, now);
  for (const [index, resource] of delivery.resources.entries()) {
    if (resource.any === null) readHeartbeat(draft, resource, `resources[${index}]`);
    else readResource(draft, resource, resource.any, `resources[${index}]`);
  }
  const { removed, absent } = readRemoved(draft, delivery);
  if (delivery.complete && !draft.unnamed) {
    for (const name of held.held.keys()) if (!draft.seen.has(name)) removed.push(name);
  }
  const { upserted, restamped, refused, unchanged, ttls, issues } = draft;
  return { upserted, restamped, removed, absent, refused, unchanged, ttls, issues };
}

function readRemoved(draft: Draft, delivery: Delivery): { removed: string[]; absent: string[] } {
  const removed: string[] = [];
  const absent: string[] = [];
  for (const [index, name] of delivery.removed.entries()) {
    if (draft.seen.has(name)) {
      const path = `removed_resources[${index}]`;
      draft.refuse(path, `names ${draft.held.type.noun} "${name}", which the same response brings`, 'do one of both');
    } else if (draft.held.held.has(name)) removed.push(name);
    else if (draft.held.names?.has(name) === true) absent.push(name);
  }
  return { removed, absent };
}

/** Who does not hold the resource has nothing to renew, and will get it whole. */
function readHeartbeat(draft: Draft, { name, version, ttlMs }: DeliveredResource, path: string): void {
  if (name === null) {
    draft.unnamed = true;
    draft.refuse(path, 'has neither a name nor a resource', 'give the name of the resource that is renewed');
    return;
  }
  draft.seen.add(name);
  const held = draft.held.held.get(name);
  if (held === undefined) return;
  if (held.version === version) draft.ttls.set(name, ttlMs);
  else draft.refuse(path, `renews version "${version}" of "${name}"; held is "${held.version}"`, 'send it whole');
}

function readResource(draft: Draft, resource: DeliveredResource, any: Payload, path: string): void {
  const { held } = draft;
  const { type } = held;
  if (resource.name !== null && !held.wants(resource.name)) return;
  if (any.typeUrl !== type.typeUrl) {
    const remedy = `send only ${type.typeUrl} in a response of that type`;
    refuseByName(draft, resource, any, [draft.refuse(path, `is a ${any.typeUrl || 'resource without type'}`, remedy)]);
    return;
  }
  // Its own version stands for the content, which all share in state of the world; where there are many, nobody looks twice.
  const { name: own, version } = resource;
  const hash = type.numerous === true && own !== null && version !== '' ? version : contentHash(any.value);
  const same = draft.sameAs(resource.name, hash);
  const decoded = same === undefined ? type.decode(any.value) : null;
  const name = resource.name ?? same?.name ?? decoded?.name ?? '';
  if (name !== '' && !held.wants(name)) return;
  if (!claim(draft, name, path)) return;
  if (same !== undefined) keepUnchanged(draft, same, resource);
  else if (decoded !== null) readNew(draft, { ...resource, name }, any, hash, decoded, path);
}

function keepUnchanged(draft: Draft, same: HeldResource, { name, version, ttlMs }: DeliveredResource): void {
  draft.unchanged.push(same.name);
  draft.ttls.set(same.name, ttlMs);
  if (name !== null && same.version !== version) draft.restamped.push({ ...same, version });
}

function readNew(
  draft: Draft,
  resource: DeliveredResource & { readonly name: string },
  any: Payload,
  hash: string,
  decoded: DecodedResource<object>,
  path: string,
): void {
  const { type } = draft.held;
  const { name, version, ttlMs } = resource;
  if (!decoded.result.ok) {
    draft.issues.push(...decoded.result.issues);
    refuseByName(draft, resource, any, decoded.result.issues);
  } else if (decoded.name !== name) {
    const message = `is ${type.noun} "${decoded.name}" in an envelope for "${name}"`;
    refuseByName(draft, resource, any, [draft.refuse(path, message, 'give both the same name')]);
  } else {
    const spec = decoded.result.value;
    const { ignored } = decoded;
    const references = type.references(spec);
    // The name as the spec has it: one text for both.
    const same = decoded.name;
    draft.upserted.push({
      name: same,
      hash,
      bytes: any.value,
      spec,
      references,
      ignored,
      version,
      updatedAt: draft.now,
    });
    draft.ttls.set(name, ttlMs);
  }
}

/** False for a name that comes a second time: the first counts. */
function claim(draft: Draft, name: string, path: string): boolean {
  if (name === '') {
    draft.unnamed = true;
    return true;
  }
  if (draft.seen.has(name)) {
    draft.refuse(path, `repeats ${draft.held.type.noun} "${name}"`, 'send each name once in a response');
    return false;
  }
  draft.seen.add(name);
  return true;
}

function refuseByName(draft: Draft, resource: DeliveredResource, any: Payload, issues: readonly Issue[]): void {
  const { name, version } = resource;
  if (name === null || name === '') {
    draft.unnamed = true;
    return;
  }
  draft.seen.add(name);
  draft.refused.push({ name, bytes: any.value, version, refusedAt: draft.now, issues });
}
