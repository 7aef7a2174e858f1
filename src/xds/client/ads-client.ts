// The ADS client of a sidecar: stays connected, keeps the last good configuration, hands every change to the data plane.
import type { JsonObject } from '@bufbuild/protobuf';
import { Backoff, type BackoffSpec } from '../../base/backoff.ts';
import type { Cancel, Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { type Issue, renderIssue } from '../../base/result.ts';
import type { ConfigSink } from '../../model/config-sink.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import type { DiscoveryResponse } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import { AdsConnection } from './ads-connection.ts';
import { dumpConfig } from './config-dump.ts';
import { Subscriber } from './subscriber.ts';

const DEFAULT_BACKOFF: BackoffSpec = { baseMs: 500, maxMs: 10_000 };
const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;
const DEFAULT_KEEPALIVE_MS = 15_000;
const DEFAULT_KEEPALIVE_TIMEOUT_MS = 5_000;
/** At most this many left-out fields are named in the status. */
const MAX_STATUS_NOTES = 200;

export interface AdsClientOptions {
  /** `host:port` of the control plane, plain text. */
  readonly address: string;
  readonly node: NodeIdentity;
  /** More node metadata, for the control plane's status (SERVICE_ACCOUNT, LABELS, POD_UID, WORKLOAD). */
  readonly metadata?: JsonObject;
  /** Receives every change, from this client only, never two at a time. */
  readonly sink: ConfigSink;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Between attempts, full jitter; default 0.5 s to 10 s. Starts over when a response has come. */
  readonly backoff?: BackoffSpec;
  readonly connectTimeoutMs?: number;
  readonly keepaliveMs?: number;
  readonly keepaliveTimeoutMs?: number;
  /** Called after each change of `status()`. */
  readonly onChange?: () => void;
}

export interface AdsClientStatus {
  /** A stream is open and has brought at least one response. */
  readonly connected: boolean;
  /** Why the last connection ended or could not be made; null while connected, and before the first end. */
  readonly lastError: string | null;
  /** All that was asked for has come at least once; stays true when the control plane goes away. */
  readonly synced: boolean;
  /** version_info accepted last, by short name (`CDS`, …); '' before the first. */
  readonly versions: Readonly<Record<string, string>>;
  /** Resources whose newest version was refused, with every reason. */
  readonly refused: readonly { readonly type: string; readonly name: string; readonly issues: readonly Issue[] }[];
  /** Fields that were left out: `CDS outbound|80|a.b: lb_policy`. */
  readonly ignored: readonly string[];
}

export class AdsClient {
  readonly #options: AdsClientOptions;
  readonly #subscriber: Subscriber;
  readonly #backoff: Backoff;
  #connection: AdsConnection | null = null;
  #cancelRetry: Cancel | null = null;
  #connected = false;
  #synced = false;
  #lastError: string | null = null;

  constructor(options: AdsClientOptions) {
    const { node, metadata = {}, sink } = options;
    this.#options = options;
    this.#subscriber = new Subscriber({ node, metadata, sink });
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
  }

  status(): AdsClientStatus {
    const { types } = this.#subscriber;
    return {
      connected: this.#connected,
      lastError: this.#lastError,
      synced: this.#synced,
      versions: Object.fromEntries(types.map((held) => [held.type.shortName, held.acceptedVersion])),
      refused: types.flatMap((held) =>
        [...held.refused.values()].map(({ name, issues }) => ({ type: held.type.shortName, name, issues })),
      ),
      ignored: this.#ignored(),
    };
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

  #connect(): void {
    const { address, clock } = this.#options;
    const connection = new AdsConnection(
      {
        address,
        clock,
        connectTimeoutMs: this.#options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS,
        keepaliveMs: this.#options.keepaliveMs ?? DEFAULT_KEEPALIVE_MS,
        keepaliveTimeoutMs: this.#options.keepaliveTimeoutMs ?? DEFAULT_KEEPALIVE_TIMEOUT_MS,
      },
      { response: (response) => this.#receive(response), ended: (reason) => this.#onEnd(reason) },
    );
    this.#connection = connection;
    for (const request of this.#subscriber.begin()) connection.send(request);
  }

  #receive(response: DiscoveryResponse): void {
    this.#onAlive();
    const outcome = this.#subscriber.receive(response, this.#options.clock.wallNow());
    if (outcome === null) {
      this.#options.log.warn('the control plane sent a type that was not asked for', { type: response.typeUrl });
      return;
    }
    for (const request of outcome.requests) this.#connection?.send(request);
    if (outcome.issues.length > 0) {
      this.#options.log.warn('refused a part of the configuration', {
        type: response.typeUrl,
        version: response.versionInfo,
        issues: outcome.issues.length,
        first: outcome.issues.slice(0, 3).map(renderIssue).join(' | '),
      });
    }
    this.#synced ||= this.#subscriber.types.every((held) => held.complete);
    this.#options.onChange?.();
  }

  #onAlive(): void {
    this.#backoff.reset();
    if (this.#connected) return;
    this.#connected = true;
    this.#lastError = null;
    this.#options.log.info('connected to the control plane', { address: this.#options.address });
  }

  #onEnd(reason: string): void {
    const { address, clock, log } = this.#options;
    const lastError = `control plane ${address}: ${reason}`;
    const delayMs = this.#backoff.nextDelayMs();
    // The same failure again is no news.
    const level = this.#connected || this.#lastError === null ? 'warn' : 'debug';
    log[level]('no control plane: the last good configuration stays', {
      address,
      reason,
      retryInMs: Math.round(delayMs),
    });
    this.#connection = null;
    this.#connected = false;
    this.#lastError = lastError;
    this.#cancelRetry = clock.after(delayMs, () => {
      this.#cancelRetry = null;
      this.#connect();
    });
    this.#options.onChange?.();
  }
}
