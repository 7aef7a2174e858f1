// The ADS client of a sidecar: stays connected, keeps the last good configuration, hands every change to the data plane.
import type { JsonObject } from '@bufbuild/protobuf';
import { Backoff, type BackoffSpec } from '../../base/backoff.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type Issue, renderIssue } from '../../base/result.ts';
import type { DeferredConfigSink } from '../../model/config-sink.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import type { ConfigDemand } from '../../model/on-demand.ts';
import type { ServicePortName } from '../../model/service-name-spec.ts';
import { encodeNode, type GivenNode } from '../node.ts';
import type { Connection, ConnectionEvents, ConnectionOptions } from './ads-connection.ts';
import type { ClientCodec, Delivery } from './client-codec.ts';
import { dumpConfig } from './config-dump.ts';
import { DELTA_CLIENT_CODEC } from './delta-codec.ts';
import type { FileScope } from './file-scope.ts';
import type { HeldType, MissingReason } from './held-type.ts';
import { logMissing, MAX_LOGGED } from './log-missing.ts';
import { openConnection } from './open-connection.ts';
import { SOTW_CLIENT_CODEC } from './sotw-codec.ts';
import { type Outcome, Subscriber } from './subscriber.ts';

const CODECS = { delta: DELTA_CLIENT_CODEC, sotw: SOTW_CLIENT_CODEC } as const;
/** Incremental, or state of the world. */
export type XdsProtocol = keyof typeof CODECS;

const DEFAULT_BACKOFF: BackoffSpec = { baseMs: 500, maxMs: 10_000 };
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_KEEPALIVE_MS = 15_000;
const DEFAULT_KEEPALIVE_TIMEOUT_MS = 5_000;
const DEFAULT_FETCH_TIMEOUT_MS = 15_000;
/** At most this many left-out fields are named in the status. */
const MAX_STATUS_NOTES = 200;
/** So many types that nobody asked for are told one by one. */
const MAX_STRAY_TYPES = 10;
const MAX_TYPE_LENGTH = 200;

export interface AdsClientOptions {
  /** `host:port` of the control plane, plain text; of several (at least one), the next is tried when one fails. */
  readonly address: string | readonly string[];
  readonly node: NodeIdentity | GivenNode;
  /** What a file has brought and what it leaves to the control plane; absent: everything is asked for. */
  readonly scope?: FileScope;
  /** More node metadata, for the control plane's status (SERVICE_ACCOUNT, LABELS, POD_UID, WORKLOAD). */
  readonly metadata?: JsonObject;
  /** Receives every change, from this client only, never two at a time. */
  readonly sink: DeferredConfigSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Between attempts, full jitter; default 0.5 s to 10 s. Starts over when a response has come. */
  readonly backoff?: BackoffSpec;
  readonly connectTimeoutMs?: number;
  readonly keepaliveMs?: number;
  readonly keepaliveTimeoutMs?: number;
  /** Default `delta`. */
  readonly protocol?: XdsProtocol;
  /** At the start, a client that holds what is dialled asks for what siblings of its pod hold. */
  readonly prefetch?: boolean;
  /** What was asked for and does not come in this time is treated as not existing, ms; 0 = it is waited for. Default 15,000. */
  readonly fetchTimeoutMs?: number;
  /** How a stream is opened; a test puts itself in its place. */
  readonly connect?: (options: ConnectionOptions, events: ConnectionEvents) => Connection;
  /** Called after each change of `status()`. */
  readonly onChange?: () => void;
}

export interface AdsClientStatus {
  readonly protocol: XdsProtocol;
  /** A stream is open and has brought at least one response. */
  readonly connected: boolean;
  /** Why the last connection ended or could not be made; null while connected, and before the first end. */
  readonly lastError: string | null;
  /** All that was asked for has come at least once; stays true when the control plane goes away. */
  readonly synced: boolean;
  /** Version accepted last, by short name (`CDS`, …); '' before the first. */
  readonly versions: Readonly<Record<string, string>>;
  /** Resources whose newest version was refused, with every reason. */
  readonly refused: readonly { readonly type: string; readonly name: string; readonly issues: readonly Issue[] }[];
  /** What was asked for and is treated as not existing; name `*`: nothing at all of that type has come. */
  readonly missing: readonly { readonly type: string; readonly name: string; readonly reason: MissingReason }[];
  /** Fields that were left out: `CDS outbound|80|a.b: lb_policy`. */
  readonly ignored: readonly string[];
  /** Type URLs that came and that nobody asked for, a few. */
  readonly stray: readonly string[];
}

export class AdsClient implements ConfigDemand {
  readonly #options: AdsClientOptions;
  readonly #codec: ClientCodec;
  readonly #subscriber: Subscriber;
  readonly #backoff: Backoff;
  readonly #strayTypes = new Set<string>();
  #connection: Connection | null = null;
  #cancelRetry: Cancel | null = null;
  #connected = false;
  #synced = false;
  #lastError: string | null = null;
  #unreachable = false;
  #failures = 0;

  constructor(options: AdsClientOptions) {
    const { node, metadata = {}, sink, clock, fetchTimeoutMs = DEFAULT_FETCH_TIMEOUT_MS } = options;
    this.#options = options;
    this.#codec = CODECS[options.protocol ?? 'delta'];
    this.#subscriber = new Subscriber({
      ...{ node, metadata, sink, clock, fetchTimeoutMs },
      codec: this.#codec,
      ...(options.scope === undefined ? {} : { scope: options.scope }),
      prefetch: options.prefetch === true,
      onTimeout: (outcome) => this.#finish(outcome),
    });
    // A file may leave nothing to ask for.
    this.#synced = this.#subscriber.types.every((held) => held.complete);
    this.#backoff = new Backoff(options.backoff ?? DEFAULT_BACKOFF, options.random);
  }

  /** Begins to connect, and goes on until `close`. Call it once. */
  start(): void {
    this.#connect();
  }

  /** Ends the stream. The data plane keeps what it has. */
  close(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = null;
    this.#connection?.close();
    this.#connection = null;
    this.#connected = false;
    this.#subscriber.close();
  }

  get synced(): boolean {
    return this.#synced;
  }

  subscribe(ports: readonly ServicePortName[]): void {
    for (const request of this.#subscriber.subscribe(ports)) this.#connection?.send(request);
  }

  unsubscribe(ports: readonly ServicePortName[]): void {
    for (const request of this.#subscriber.unsubscribe(ports)) this.#connection?.send(request);
  }

  get problem(): string | null {
    return this.#connected ? null : (this.#lastError ?? `control plane ${this.#address}: not connected yet`);
  }

  get unreachable(): boolean {
    return this.#unreachable;
  }

  status(): AdsClientStatus {
    const { types } = this.#subscriber;
    return {
      protocol: this.#codec.variant,
      connected: this.#connected,
      lastError: this.#lastError,
      synced: this.#synced,
      versions: Object.fromEntries(types.map((held) => [held.type.shortName, held.acceptedVersion])),
      refused: types.flatMap((held) =>
        [...held.refused.values()].map(({ name, issues }) => ({ type: held.type.shortName, name, issues })),
      ),
      missing: types.flatMap((held) =>
        [...held.missing.values()].map(({ name, reason }) => ({ type: held.type.shortName, name, reason })),
      ),
      ignored: this.#ignored(),
      stray: [...this.#strayTypes],
    };
  }

  /** As it introduces itself. */
  node(): ReturnType<typeof encodeNode> {
    return encodeNode(this.#options.node, this.#options.metadata ?? {});
  }

  /** What is held of each type. To be read only. */
  get types(): readonly HeldType[] {
    return this.#subscriber.types;
  }

  /** JSON in the shape of Envoy's /config_dump: what is in use, and beside it what was refused and why. */
  configDump(): unknown {
    return dumpConfig(this.#subscriber.types);
  }

  #ignored(): string[] {
    const notes: string[] = [];
    for (const { type, held } of this.#subscriber.types) {
      for (const { name, ignored } of held.values()) {
        for (const path of ignored) {
          if (notes.length === MAX_STATUS_NOTES) return notes;
          notes.push(`${type.shortName} ${name}: ${path}`);
        }
      }
    }
    return notes;
  }

  /** The one that is used now, or tried next. */
  get #address(): string {
    const { address } = this.#options;
    if (typeof address === 'string') return address;
    return address[this.#failures % address.length] ?? '';
  }

  #connect(): void {
    const { clock, connect = openConnection } = this.#options;
    const address = this.#address;
    this.#connection = connect(
      {
        address,
        clock,
        codec: this.#codec,
        connectTimeoutMs: this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
        keepaliveMs: this.#options.keepaliveMs ?? DEFAULT_KEEPALIVE_MS,
        keepaliveTimeoutMs: this.#options.keepaliveTimeoutMs ?? DEFAULT_KEEPALIVE_TIMEOUT_MS,
      },
      { delivery: (delivery) => this.#receive(delivery), ended: (reason, inOrder) => this.#onEnd(reason, inOrder) },
    );
    for (const request of this.#subscriber.begin()) this.#connection.send(request);
  }

  #receive(delivery: Delivery): void {
    this.#onAlive();
    const outcome = this.#subscriber.receive(delivery);
    if (outcome === null) {
      this.#noteStrayType(delivery.typeUrl);
      return;
    }
    this.#finish(outcome, delivery);
    // Of this stream: on a later one the answer would mean something else.
    const connection = this.#connection;
    outcome.later?.then((answer) => this.#finish(answer, delivery, connection));
  }

  #finish(
    { type, requests, issues, missing }: Outcome,
    delivery: Delivery | null = null,
    connection: Connection | null = this.#connection,
  ): void {
    for (const request of requests) connection?.send(request);
    if (issues.length > 0) {
      this.#options.log.warn('refused a part of the configuration', {
        type: type.typeUrl,
        version: delivery?.version,
        issues: issues.length,
        first: issues.slice(0, MAX_LOGGED).map(renderIssue).join(' | '),
      });
    }
    logMissing(this.#options.log, type.shortName, missing);
    this.#synced ||= this.#subscriber.types.every((held) => held.complete);
    this.#options.onChange?.();
  }

  /** A control plane that sends what nobody asked for may do so often. */
  #noteStrayType(typeUrl: string): void {
    const type = typeUrl.slice(0, MAX_TYPE_LENGTH);
    if (this.#strayTypes.has(type) || this.#strayTypes.size === MAX_STRAY_TYPES) return;
    this.#strayTypes.add(type);
    this.#options.log.warn('the control plane sent a type that was not asked for', { type });
  }

  #onAlive(): void {
    this.#backoff.reset();
    if (this.#connected) return;
    this.#connected = true;
    this.#unreachable = false;
    this.#lastError = null;
    this.#options.log.info('connected to the control plane', { address: this.#address });
  }

  #onEnd(reason: string, inOrder: boolean): void {
    const { clock, log } = this.#options;
    const address = this.#address;
    this.#failures += 1;
    const lastError = `control plane ${address}: ${reason}`;
    const delayMs = this.#backoff.nextDelayMs();
    const fields = { address, reason, retryInMs: Math.round(delayMs) };
    // Streams have a maximum age: their end is nothing to worry about. And the same failure again is no news.
    if (inOrder && this.#connected) log.info('connecting to the control plane anew', fields);
    else if (this.#connected || this.#lastError === null) log.warn(NO_CONTROL_PLANE, fields);
    else log.debug(NO_CONTROL_PLANE, fields);
    this.#subscriber.end();
    this.#connection = null;
    this.#unreachable = !this.#connected;
    this.#connected = false;
    this.#lastError = lastError;
    this.#cancelRetry = clock.after(delayMs, () => {
      this.#cancelRetry = null;
      this.#connect();
    });
    this.#options.onChange?.();
  }
}

const NO_CONTROL_PLANE = 'no control plane: the last good configuration stays';
