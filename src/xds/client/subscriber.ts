// The client's side of the protocol, without its transport: what to ask for, what came, what to answer.
import type { JsonObject } from '@bufbuild/protobuf';
import { type Issue, renderIssue } from '../../base/result.ts';
import type { Changes, ConfigSink } from '../../model/config-sink.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import type { DiscoveryRequestInit } from '../ads-method.ts';
import type { DiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { encodeNode } from '../node.ts';
import { RESOURCE_TYPES } from '../resources/index.ts';
import { type HeldResource, HeldType } from './held-type.ts';
import { type Reading, readResponse } from './read-response.ts';

/** google.rpc.Code.INVALID_ARGUMENT: what a NACK carries. */
const INVALID_ARGUMENT = 3;
/** A NACK tells at most this many issues, and how many more there are. */
const MAX_NACK_ISSUES = 100;

export interface SubscriberOptions {
  readonly node: NodeIdentity;
  readonly metadata: JsonObject;
  readonly sink: ConfigSink;
}

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #types: ReadonlyMap<string, HeldType>;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#types = new Map(RESOURCE_TYPES.map((type) => [type.typeUrl, new HeldType(type)]));
  }

  /** In push order. */
  get types(): readonly HeldType[] {
    return [...this.#types.values()];
  }

  /** The requests that begin a stream: everything that is wanted by now, with what is held from earlier streams. */
  begin(): DiscoveryRequestInit[] {
    for (const held of this.#types.values()) held.nonce = '';
    const wanted = this.types.filter((held) => held.names === null || held.names.size > 0);
    const node = encodeNode(this.#options.node, this.#options.metadata);
    return wanted.map((held, index) => (index === 0 ? { ...request(held), node } : request(held)));
  }

  /** Applies what is good and answers: an ACK or NACK, and subscriptions that follow from what came. Null: nobody asked for that type. */
  receive(
    response: DiscoveryResponse,
    now: number,
  ): { requests: DiscoveryRequestInit[]; issues: readonly Issue[] } | null {
    const held = this.#types.get(response.typeUrl);
    if (held === undefined) return null;
    const reading = readResponse(held, response, now);
    const before = new Map(reading.upserted.map(({ name }) => [name, held.held.get(name)]));
    merge(held, reading);
    const follower = this.#follow(held);
    const sinkIssues = this.#apply(held, reading, follower?.dropped ?? []);
    takeBack(held, reading, before, sinkIssues, now);
    const issues = [...reading.issues, ...sinkIssues];
    held.answered = true;
    held.nonce = response.nonce;
    if (issues.length === 0) held.acceptedVersion = response.versionInfo;
    const answer = issues.length === 0 ? request(held) : { ...request(held), errorDetail: nack(issues) };
    return { requests: follower === null ? [answer] : [answer, request(follower.held)], issues };
  }

  /** Asks for what the resources of `held` refer to, where that has changed. */
  #follow(held: HeldType): { readonly held: HeldType; readonly dropped: readonly string[] } | null {
    const target = this.#types.get(held.type.refersTo ?? '');
    if (target === undefined) return null;
    const names = held.references();
    if (target.names !== null && sameSet(names, target.names)) return null;
    return { held: target, dropped: target.want(names) };
  }

  #apply(held: HeldType, reading: Reading, droppedReferences: readonly string[]): readonly Issue[] {
    const upserted = reading.upserted.map((resource) => resource.spec);
    let changes: Changes = {};
    if (upserted.length + reading.removed.length > 0) {
      changes = held.type.toChanges({ upserted, removed: reading.removed });
    }
    const target = this.#types.get(held.type.refersTo ?? '');
    if (droppedReferences.length > 0 && target !== undefined) {
      changes = { ...changes, ...target.type.toChanges({ upserted: [], removed: droppedReferences }) };
    }
    return Object.keys(changes).length === 0 ? [] : this.#options.sink.apply(changes);
  }
}

function request(held: HeldType) {
  return {
    typeUrl: held.type.typeUrl,
    versionInfo: held.acceptedVersion,
    responseNonce: held.nonce,
    resourceNames: [...(held.names ?? [])],
  };
}

function nack(issues: readonly Issue[]) {
  const told = issues.slice(0, MAX_NACK_ISSUES).map(renderIssue);
  if (issues.length > MAX_NACK_ISSUES) told.push(`and ${issues.length - MAX_NACK_ISSUES} more`);
  return { code: INVALID_ARGUMENT, message: told.join('\n') };
}

function merge(held: HeldType, reading: Reading): void {
  for (const name of reading.removed) held.held.delete(name);
  for (const resource of reading.upserted) held.held.set(resource.name, resource);
  const named = [...reading.upserted.map((resource) => resource.name), ...reading.unchanged, ...reading.removed];
  for (const name of named) held.refused.delete(name);
  for (const resource of reading.refused) held.refused.set(resource.name, resource);
}

/** What the sink refused is not held: its last good version is, and the same bytes are tried again when they come again. */
function takeBack(
  held: HeldType,
  reading: Reading,
  before: ReadonlyMap<string, HeldResource | undefined>,
  issues: readonly Issue[],
  now: number,
): void {
  if (issues.length === 0) return;
  for (const { name, bytes, version } of reading.upserted) {
    const own = issues.filter((issue) => issue.source === name || issue.source === `${held.type.noun} "${name}"`);
    if (own.length === 0) continue;
    const last = before.get(name);
    if (last === undefined) held.held.delete(name);
    else held.held.set(name, last);
    held.refused.set(name, { name, bytes, version, refusedAt: now, issues: own });
  }
}

function sameSet(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((name) => b.has(name));
}
