// The ADS server: gRPC streams in, one loop each, and who is connected with which configuration.
import {
  type handleBidiStreamingCall,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  status,
} from '@grpc/grpc-js';
import type { Cancel, Clock } from '../../base/clock.ts';
import { CodedError } from '../../base/coded-error.ts';
import type { Lifecycle } from '../../base/lifecycle.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { renderIssue } from '../../base/result.ts';
import type { NodeIdentity } from '../../model/node-identity.ts';
import { renderSocketAddress } from '../../model/socket-address.ts';
import type { SnapshotCache } from '../cache/snapshot-cache.ts';
import type { ClientStatusSource } from '../csds/client-status-source.ts';
import { describeSent, type ExplainRefusal } from '../csds/sent-configs.ts';
import { ROUTE_TYPE } from '../resources/route.ts';
import { silenceGrpcLog } from '../silence-grpc-log.ts';
import { AdsStream } from './ads-stream.ts';
import { type ClientStatus, describeClient } from './client-status.ts';
import { DELTA_CODEC } from './delta-codec.ts';
import {
  DISCOVERY_SERVICES,
  type DiscoveryService,
  deltaMethod,
  type Incoming,
  sotwMethod,
} from './discovery-services.ts';
import { SOTW_CODEC } from './sotw-codec.ts';
import type { StreamCodec } from './stream-codec.ts';

/** A request names at most `DEFAULT_MAX_NAMES` resources, of some 100 bytes each. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const DEFAULT_MAX_NAMES = 100_000;
const KEEPALIVE_MS = 30_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;
const CLOSE_GRACE_MS = 100;
/** So many clients that were turned away are kept for `status`. */
const MAX_TURNED_AWAY = 16;
const TURNED_AWAY_MS = 600_000;
/** Streams end within this share of the maximum age before it, so that clients which came together do not leave together. */
const AGE_JITTER = 0.2;

export interface AdsServerOptions {
  /** IP literal or name to listen on. */
  readonly host: string;
  /** 0 asks the system for a free one. */
  readonly port: number;
  readonly cache: SnapshotCache;
  readonly clock: Clock;
  readonly log: Log;
  /** Most names that one subscription may have; more end the stream with RESOURCE_EXHAUSTED. */
  readonly maxNames?: number;
  /** Streams end in order when they are up to `ms` (> 0) old, so that clients spread over replicas again; absent: never. */
  readonly maxStreamAge?: { readonly ms: number; readonly random: Random };
  /** How long a connection may be silent before it is asked for a sign of life, ms, and how long that may take. */
  readonly keepalive?: { readonly afterMs: number; readonly timeoutMs: number };
}

export interface BoundAddress {
  readonly host: string;
  readonly port: number;
}

type Call<Request> = ServerDuplexStream<Incoming<Request>, Buffer>;

interface Connected {
  readonly stream: AdsStream<never>;
  /** Address and port of the client. */
  readonly peer: string;
  /** Milliseconds since the Unix epoch. */
  readonly since: number;
  readonly end: (reason: string) => void;
  readonly stopAging: Cancel;
}

/** A client that was sent away because of what it said. */
export interface TurnedAway {
  /** '' where it had not said who it is. */
  readonly nodeId: string;
  readonly peer: string;
  readonly reason: string;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/** Plain text: for loopback and development until the mesh has identities. */
export class AdsServer implements Lifecycle<BoundAddress> {
  readonly #options: AdsServerOptions;
  readonly #server: Server;
  readonly #connected = new Set<Connected>();
  readonly #turnedAway: TurnedAway[] = [];
  #stopped = false;

  constructor(options: AdsServerOptions) {
    silenceGrpcLog();
    this.#options = options;
    this.#server = new Server({
      'grpc.max_receive_message_length': MAX_REQUEST_BYTES,
      'grpc.max_send_message_length': -1,
      'grpc.keepalive_time_ms': options.keepalive?.afterMs ?? KEEPALIVE_MS,
      'grpc.keepalive_timeout_ms': options.keepalive?.timeoutMs ?? KEEPALIVE_TIMEOUT_MS,
      'grpc.enable_channelz': 0,
    });
    for (const service of DISCOVERY_SERVICES) this.#serve(service);
  }

  start(): Promise<BoundAddress> {
    const { host, port } = this.#options;
    const address = renderSocketAddress({ host, port });
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve({ host, port: bound });
        else reject(bindError(address, error));
      });
    });
  }

  /** Ends every stream in order, so that clients reconnect at once (to another replica, where there is one). */
  async drain(deadlineMs: number): Promise<void> {
    if (this.#stopped) return;
    this.#stopped = true;
    const left = new Promise<void>((resolve) => {
      const cancel = this.#options.clock.after(deadlineMs, resolve);
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
    for (const connected of this.#connected) connected.end('this server stops');
    await left;
    this.#server.forceShutdown();
  }

  /** As `drain`, with the shortest of deadlines: forceShutdown alone leaves sockets open (grpc-js 1.14 on Node 26). */
  close(): Promise<void> {
    return this.drain(CLOSE_GRACE_MS);
  }

  /** Every client that has said who it is, oldest first. */
  connectedClients(): readonly ClientStatus[] {
    const clients: ClientStatus[] = [];
    for (const { stream, peer, since } of this.#connected) {
      const client = describeClient(stream, peer, since);
      if (client !== null) clients.push(client);
    }
    return clients;
  }

  /** What each client that holds what it dials asks for, by names of route configurations; oldest first. */
  *dialledRoutes(): Generator<{ readonly node: NodeIdentity; readonly routes: ReadonlySet<string> }> {
    for (const { stream } of this.#connected) {
      const { node } = stream;
      if (node?.onDemand !== true) continue;
      const routes = stream.subscription(ROUTE_TYPE)?.names;
      if (routes !== undefined) yield { node, routes };
    }
  }

  /** The last few of the last ten minutes, the newest last. */
  turnedAway(): readonly TurnedAway[] {
    const since = this.#options.clock.wallNow() - TURNED_AWAY_MS;
    return this.#turnedAway.filter(({ at }) => at > since);
  }

  /** What CSDS tells of them. `explain`: where a refused resource was written. */
  clientStatus(explain: ExplainRefusal): ClientStatusSource {
    return {
      clientConfigs: (query) =>
        [...this.#connected].flatMap(({ stream }) => describeSent(stream, query, explain) ?? []),
    };
  }

  #serve(service: DiscoveryService): void {
    const { only } = service;
    this.#server.addService(
      { sotw: sotwMethod(service), delta: deltaMethod(service) },
      { sotw: this.#handler(SOTW_CODEC, only), delta: this.#handler(DELTA_CODEC, only) },
    );
  }

  #handler<Request>(
    codec: StreamCodec<Request>,
    only: DiscoveryService['only'],
  ): handleBidiStreamingCall<Incoming<Request>, Buffer> {
    return (call) => this.#accept(call, codec, only);
  }

  #accept<Request>(call: Call<Request>, codec: StreamCodec<Request>, only: DiscoveryService['only']): void {
    const { cache, clock, log, maxNames = DEFAULT_MAX_NAMES } = this.#options;
    const address = call.getPeer();
    const peer = {
      send: (response: Buffer) => void call.write(response),
      fail: (reason: keyof typeof FAILURES, details: string) => {
        this.#turnAway(connected, details);
        call.emit('error', { code: FAILURES[reason], details });
      },
    };
    const options = { codec, cache, peer, clock, log, maxNames };
    const stream = new AdsStream(only === null ? options : { ...options, only });
    const end = (reason: string): void => {
      this.#forget(connected, reason);
      call.end();
    };
    const stopAging = this.#age(() => end('its stream has its maximum age'));
    const connected: Connected = { stream, peer: address, since: clock.wallNow(), end, stopAging };
    this.#connected.add(connected);
    call.on('data', (request: Incoming<Request>) => {
      if (!this.#connected.has(connected)) return;
      if (!request.ok) peer.fail('invalid-argument', request.issues.map(renderIssue).join('\n'));
      else this.#receive(connected, () => stream.receive(request.value));
    });
    call.on('end', () => end('it ended its stream'));
    call.on('cancelled', () => this.#forget(connected, 'it cancelled, or its connection is lost'));
    call.on('error', (error: Error) => this.#forget(connected, error.message));
  }

  #receive({ stream, peer }: Connected, receive: () => void): void {
    const before = stream.node;
    receive();
    const { node, protocol } = stream;
    if (before === null && node !== null)
      this.#options.log.info('a client has come', { node: node.id, peer, protocol });
  }

  #age(end: () => void): Cancel {
    const { clock, maxStreamAge } = this.#options;
    if (maxStreamAge === undefined) return () => {};
    const { ms, random } = maxStreamAge;
    return clock.after(ms * (1 - AGE_JITTER * random.next()), end);
  }

  #turnAway(connected: Connected, reason: string): void {
    const { clock, log } = this.#options;
    const { stream, peer } = connected;
    if (!this.#drop(connected)) return;
    const nodeId = stream.node?.id ?? '';
    this.#turnedAway.push({ nodeId, peer, reason, at: clock.wallNow() });
    if (this.#turnedAway.length > MAX_TURNED_AWAY) this.#turnedAway.shift();
    log.warn('a client was turned away', { node: nodeId, peer, reason });
  }

  #forget(connected: Connected, reason: string): void {
    const { stream, peer } = connected;
    if (!this.#drop(connected) || stream.node === null) return;
    this.#options.log.info('a client has gone', { node: stream.node.id, peer, reason });
  }

  /** False where that was done before. */
  #drop(connected: Connected): boolean {
    if (!this.#connected.delete(connected)) return false;
    connected.stopAging();
    connected.stream.close();
    return true;
  }
}

const FAILURES = {
  'invalid-argument': status.INVALID_ARGUMENT,
  'resource-exhausted': status.RESOURCE_EXHAUSTED,
} as const;

function bindError(address: string, error: Error): CodedError {
  // grpc-js: "No address added out of total 1 resolved errors: [listen EADDRINUSE: address already in use …]".
  const reason = /\[(listen [^\]]*)\]/.exec(error.message)?.[1] ?? error.message;
  return new CodedError(
    /\bE[A-Z]{4,}\b/.exec(reason)?.[0] ?? 'xds_bind_failed',
    `cannot listen for xDS on ${address}: ${reason}`,
    'choose another --xds-address, or stop what uses it',
  );
}
