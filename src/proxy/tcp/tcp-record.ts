// What is known of one proxied connection, as the access log wants it.
import type { Clock } from '../../base/clock.ts';
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { AccessRecord } from '../../telemetry/access-log.ts';

export class TcpRecord implements AccessRecord {
  readonly startedAtWallMs: number;
  readonly downstreamRemote: string;
  readonly protocol = 'TCP';
  readonly method = '';
  readonly path = '';
  /** Where a redirected connection was going. */
  readonly authority: string;
  status = 0;
  route = '';
  readonly requestId = '';
  readonly traceId = '';
  readonly userAgent = '';
  durationMs = 0;
  flags = '';
  details = '';
  bytesReceived = 0;
  bytesSent = 0;
  attempts = 0;
  upstreamHost = '';
  upstreamCluster = '';
  readonly #startedAtMs: number;

  constructor(downstreamRemote: string, clock: Clock, authority = '') {
    this.downstreamRemote = downstreamRemote;
    this.authority = authority;
    this.startedAtWallMs = clock.wallNow();
    this.#startedAtMs = clock.now();
  }

  fail(code: ErrorCode, detail: string): void {
    this.flags = ERRORS[code].flag;
    this.details = `${code}: ${detail}`;
  }

  end(nowMs: number): void {
    this.durationMs = nowMs - this.#startedAtMs;
  }
}
