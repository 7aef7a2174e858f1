// Makes a response, once it is read, what is held; and takes back what the data plane would not have.
import type { Issue } from '../../base/result.ts';
import { type HeldResource, type HeldType, WILDCARD, withoutContent } from './held-type.ts';
import type { Reading } from './read-delivery.ts';

/** Refused, and without a version before it: who waits for these shall not wait on. */
export function unusable(held: HeldType, reading: Reading): string[] {
  if (held.names === null) return [];
  return reading.refused.map(({ name }) => name).filter((name) => !held.held.has(name));
}

/** What is good is held from now on, what is gone is not, and what is bad is known to be. */
export function merge(held: HeldType, reading: Reading): void {
  for (const name of reading.removed) held.held.delete(name);
  for (const resource of [...reading.upserted, ...reading.restamped]) {
    held.held.set(resource.name, held.type.numerous === true ? withoutContent(resource) : resource);
  }
  for (const name of [...reading.removed, ...reading.absent]) held.refused.delete(name);
  held.missing.delete(WILDCARD);
  for (const name of [...reading.upserted.map((resource) => resource.name), ...reading.unchanged]) {
    held.refused.delete(name);
    held.missing.delete(name);
  }
  for (const resource of reading.refused) {
    held.refused.set(resource.name, resource);
    held.missing.delete(resource.name);
  }
}

/**
 * What the sink refused is not held: its last good version is, and the same bytes are tried again when they come again. `refused` keeps in
 * mind what was refused, and what was held before: a sink that answers late may refuse several versions, one after the other.
 */
export function takeBack(
  held: HeldType,
  reading: Reading,
  before: ReadonlyMap<string, HeldResource | undefined>,
  refused: WeakMap<HeldResource, HeldResource | undefined>,
  issues: readonly Issue[],
  now: number,
): void {
  if (issues.length === 0) return;
  for (const resource of reading.upserted) {
    const { name, bytes, version, hash } = resource;
    const own = issues.filter((issue) => issue.source === name || issue.source === `${held.type.noun} "${name}"`);
    if (own.length === 0) continue;
    refused.set(resource, before.get(name));
    // A newer version has come meanwhile: it has its own answer.
    if (held.held.get(name)?.hash !== hash) continue;
    let last = before.get(name);
    while (last !== undefined && refused.has(last)) last = refused.get(last);
    if (last === undefined) held.held.delete(name);
    else held.held.set(name, last);
    held.refused.set(name, { name, bytes, version, refusedAt: now, issues: own });
  }
}
