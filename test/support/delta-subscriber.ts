// A Subscriber of the incremental variant without a network: scripted responses go in; what it asks, applies and misses is kept.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { errorIssue, type Issue } from '../../src/base/result.ts';
import type { Changes, DeferredConfigSink } from '../../src/model/config-sink.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import { DELTA_CLIENT_CODEC } from '../../src/xds/client/delta-codec.ts';
import { type Outcome, Subscriber } from '../../src/xds/client/subscriber.ts';
import {
  DeltaDiscoveryRequestSchema,
  DeltaDiscoveryResponseSchema,
} from '../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';
import { RESOURCE_TYPES } from '../../src/xds/resources/index.ts';
import { ManualClock } from './manual-clock.ts';
import { typeOf } from './type-of.ts';

/** An envelope: envoy.service.discovery.v3.Resource. */
export interface ResourceInit {
  readonly name?: string;
  readonly version?: string;
  readonly resource?: { readonly typeUrl: string; readonly value: Uint8Array<ArrayBuffer> };
  readonly ttl?: { readonly seconds: bigint; readonly nanos: number };
}

/** Notes what it gets and refuses the names that it is told to. */
export class NotingSink implements DeferredConfigSink {
  readonly applied: string[] = [];
  readonly refusing = new Set<string>();
  /** Set: answers wait here until the test gives them, as where workers must apply first. */
  waiting: (() => void)[] | null = null;

  apply(changes: Changes): readonly Issue[] | Promise<readonly Issue[]> {
    const issues = this.#note(changes);
    const { waiting } = this;
    return waiting === null ? issues : new Promise((resolve) => waiting.push(() => resolve(issues)));
  }

  #note(changes: Changes): readonly Issue[] {
    const issues: Issue[] = [];
    for (const [kind, change] of Object.entries(changes)) {
      const upserted = change.upserted.map((spec: { name: string }) => spec.name);
      this.applied.push(`${kind} +[${upserted}] -[${change.removed}]`);
      for (const name of upserted) if (this.refusing.has(name)) issues.push(errorIssue('no', { source: name }));
    }
    return issues;
  }

  take(): string[] {
    return this.applied.splice(0);
  }
}

/** All resources of a type in `snapshot`, each in its envelope under `version`. */
export function envelopes(
  shortName: string,
  snapshot: Snapshot,
  version = '1',
): (ResourceInit & { readonly name: string })[] {
  const type = typeOf(shortName);
  return Array.from(type.specs(snapshot).values(), (spec) => ({
    name: type.name(spec),
    version,
    resource: { typeUrl: type.typeUrl, value: new Uint8Array(type.encode(spec)) },
  }));
}

export class DeltaSubscriber {
  readonly sink = new NotingSink();
  readonly clock = new ManualClock();
  readonly subscriber: Subscriber;
  /** `EDS a: timeout`, as they are told. */
  readonly missing: string[] = [];
  /** What timers made it ask. */
  readonly late: string[] = [];
  #nonce = 0;

  constructor(fetchTimeoutMs = 15_000, onDemand = false, prefetch = false) {
    this.subscriber = new Subscriber({
      node: { id: 'sidecar', namespace: 'default', outboundAddresses: [], onDemand },
      metadata: {},
      prefetch,
      sink: this.sink,
      codec: DELTA_CLIENT_CODEC,
      clock: this.clock,
      fetchTimeoutMs,
      onTimeout: (outcome) => this.late.push(...this.#note(outcome)),
    });
  }

  begin(): string[] {
    return this.subscriber.begin().map(render);
  }

  subscribe(host: string, port = 80): string[] {
    return this.subscriber.subscribe([{ host, port }]).map(render);
  }

  unsubscribe(...hosts: readonly string[]): string[] {
    return this.subscriber.unsubscribe(hosts.map((host) => ({ host, port: 80 }))).map(render);
  }

  /** Answers with what the client says to it. */
  receive(shortName: string, resources: readonly ResourceInit[], removed: readonly string[] = []) {
    this.#nonce += 1;
    const response = create(DeltaDiscoveryResponseSchema, {
      typeUrl: typeOf(shortName).typeUrl,
      nonce: `n${this.#nonce}`,
      systemVersionInfo: `s${this.#nonce}`,
      resources: [...resources],
      removedResources: [...removed],
    });
    const bytes = toBinary(DeltaDiscoveryResponseSchema, response);
    const outcome = this.subscriber.receive(DELTA_CLIENT_CODEC.read(bytes));
    if (outcome === null) throw new Error('the client did not ask for this type');
    const { later } = outcome;
    const answered = later?.then((answer) => ({ issues: answer.issues, requests: this.#note(answer) }));
    return { issues: outcome.issues, requests: this.#note(outcome), ...(answered === undefined ? {} : { answered }) };
  }

  held(shortName: string) {
    const held = this.subscriber.types.find((each) => each.type.shortName === shortName);
    if (held === undefined) throw new Error(`no type ${shortName}`);
    return held;
  }

  #note({ type, requests, missing }: Outcome): string[] {
    for (const { name, reason } of missing) this.missing.push(`${type.shortName} ${name}: ${reason}`);
    return requests.map(render);
  }
}

/** `EDS +[a] -[b]`, `CDS n=n1`, `CDS n=n1 NACK`, `CDS +[] has a=1`. */
function render(bytes: Buffer): string {
  const request = fromBinary(DeltaDiscoveryRequestSchema, bytes);
  const shortName = RESOURCE_TYPES.find((type) => type.typeUrl === request.typeUrl)?.shortName ?? '?';
  if (request.responseNonce !== '') {
    return `${shortName} n=${request.responseNonce}${request.errorDetail === undefined ? '' : ' NACK'}`;
  }
  const { resourceNamesSubscribe: added, resourceNamesUnsubscribe: gone, initialResourceVersions } = request;
  const has = Object.entries(initialResourceVersions).map(([name, version]) => `${name}=${version}`);
  return `${shortName} +[${added}]${gone.length === 0 ? '' : ` -[${gone}]`}${has.length === 0 ? '' : ` has ${has}`}`;
}
