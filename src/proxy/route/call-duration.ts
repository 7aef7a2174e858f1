// @hot
// How long a call may take from its head to the end of its answer: what its caller says, and what its route makes of that.
import type { RouteActionSpec } from '../../model/route-spec.ts';
import type { RequestHead } from '../codec/head.ts';

/** A call without a deadline. */
export const NO_DEADLINE = Number.POSITIVE_INFINITY;

/** What one route says; the largest number for what it does not bound. */
export interface CallDuration {
  /** Of any call whose caller says nothing, ms; −1 = as the listener says. */
  readonly maxMs: number;
  /** Of a call whose caller says how long (`grpc-timeout`), ms. −1 = nothing is said of those; they end by `maxMs` too. */
  readonly saidMaxMs: number;
  /** Taken off from what the caller says, ms. */
  readonly saidOffsetMs: number;
  /** Of gRPC calls, instead of the route's timeout, ms; −1 = the timeout counts. */
  readonly grpcMaxMs: number;
  readonly grpcOffsetMs: number;
}

/** Null: the route says nothing of it. */
export function compileCallDuration(action: RouteActionSpec): CallDuration | null {
  const { streamDuration: stream, grpcTimeout: grpc } = action;
  if (stream === undefined && grpc === undefined) return null;
  // alloc-ok: update time
  return {
    maxMs: stream?.maxMs === undefined ? -1 : orNone(stream.maxMs),
    saidMaxMs: stream?.grpcTimeoutMaxMs === undefined ? -1 : orNone(stream.grpcTimeoutMaxMs),
    saidOffsetMs: stream?.grpcTimeoutOffsetMs ?? 0,
    // The newer form has its way (RouteAction.max_stream_duration).
    grpcMaxMs: grpc === undefined || stream !== undefined ? -1 : orNone(grpc.maxMs),
    grpcOffsetMs: grpc?.offsetMs ?? 0,
  };
}

/** gRPC's calls end by their own time, and not by the timeout of the route. */
export function replacesTimeout(duration: CallDuration | null, head: RequestHead): boolean {
  return duration !== null && duration.grpcMaxMs >= 0 && isGrpc(head);
}

/**
 * From its head to the end of its answer, ms; ≤ 0 = that is over. `saidMs`: what the caller says, −1 = nothing. `listenerMs`: of every stream, 0 = for
 * ever. A caller's deadline always counts; the route and its listener can only make it earlier.
 */
export function callDurationMs(
  duration: CallDuration | null,
  head: RequestHead,
  saidMs: number,
  listenerMs: number,
): number {
  const said = saidMs < 0 ? NO_DEADLINE : saidMs;
  if (duration === null) return Math.min(said, orNone(listenerMs));
  if (saidMs >= 0 && duration.saidMaxMs >= 0) return Math.min(said, duration.saidMaxMs) - duration.saidOffsetMs;
  const maxMs = duration.maxMs < 0 ? orNone(listenerMs) : duration.maxMs;
  if (!replacesTimeout(duration, head)) return Math.min(said, maxMs);
  // One that is no longer than the offset stays as it is (RouteAction.grpc_timeout_offset).
  const earlier = duration.grpcOffsetMs < said ? said - duration.grpcOffsetMs : said;
  return Math.min(earlier, duration.grpcMaxMs, maxMs);
}

export function isGrpc(head: RequestHead): boolean {
  const type = head.get('content-type');
  if (type === null || !type.startsWith('application/grpc')) return false;
  const next = type.charAt(16);
  return next === '' || next === '+' || next === ';';
}

function orNone(ms: number): number {
  return ms === 0 ? NO_DEADLINE : ms;
}
