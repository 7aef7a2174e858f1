// What the exchanges of one listener share: where routes come from, what is counted and logged, and the limits.
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { TimerWheel } from '../../base/timer-wheel.ts';
import type { UpgradesSpec } from '../../model/upgrades-spec.ts';
import type { AccessLog } from '../../telemetry/access-log.ts';
import type { HttpFilters } from '../filter/http-filters.ts';
import type { RouteTable } from '../route/route-table.ts';
import type { Detection } from '../tcp/detection.ts';
import type { Dial } from '../upstream/connection-pool.ts';
import type { EnvoyHeaders } from './envoy-headers.ts';
import type { ExchangeStats } from './exchange-stats.ts';
import type { RouteDemand } from './route-demand.ts';

/** The newest table of one route configuration. An exchange reads it once, at its beginning. */
export interface RouteSlot {
  readonly name: string;
  table: RouteTable | null;
  /** Routes are found by whom a request is for, and asked for where they are not there; null = `table` has them all. */
  readonly demand: RouteDemand | null;
}

/** Counts body bytes, for whoever must act after so many. Called on the hot path. */
export interface BodyMeter {
  note(bytes: number): void;
}

/** Says whether new requests are refused at the moment. Read for each request. */
export interface Admission {
  readonly refusing: boolean;
  /** Why, for people; the last one where it refuses no more. */
  readonly reason: string;
}

/** `authority`: where the tunnel was going. What was read of the socket has been put back. */
export type ServeTunnelled = (socket: Socket, authority: string, protocol: 'http1' | 'http2') => void;

export interface ExchangeContext {
  /** A change of the listener may name other routes. */
  routes: RouteSlot;
  /** What requests may upgrade to where their route says nothing of it; null = nothing. */
  upgrades: UpgradesSpec | null;
  /** Null = there are none. */
  filters: HttpFilters | null;
  /** Whose x-envoy-… headers count; null = nobody's. */
  envoyHeaders: EnvoyHeaders | null;
  readonly stats: ExchangeStats;
  /** `null` = off. */
  readonly accessLog: AccessLog | null;
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: TimerWheel;
  readonly dial: Dial;
  /** Of the sidecar's own pod; '' = it is not known. */
  readonly ownAddress: string;
  /** A new, unique id for a request that has none, as a line `x-request-id: id\r\n`. */
  readonly newRequestIdLine: () => string;
  /** How much of a request body is kept to send it again, bytes. */
  readonly replayBytes: number;
  /** Told of every piece of a body that passes. */
  readonly bodyMeter: BodyMeter;
  readonly admission: Admission;
  /** How long nothing of a request or its answer may move, ms; 0 = for ever. It ends after one to two times this. A change is for connections to come. */
  streamIdleTimeoutMs: number;
  /** From the head of a request to the end of its body, ms; 0 = for ever. */
  requestBodyTimeoutMs: number;
  /** From the head of a request to the end of its answer, where its route says nothing of it, ms; 0 = for ever. */
  maxStreamDurationMs: number;
  /** What requests are routed by instead of their own authority: where the CONNECT that they came through was going. Null = their own. */
  readonly pinnedAuthority: string | null;
  /** Takes the socket of a tunnel in which HTTP has been found; null = tunnels stay tunnels. */
  readonly serveTunnelled: ServeTunnelled | null;
  /** What has been learnt of those who speak in tunnels. */
  readonly detection: Detection;
  /** True while the sidecar drains: answers carry `Connection: close`. */
  draining: boolean;
}
