// @hot
// What is known of one exchange, kept as the access log wants it.
import { ERRORS, type ErrorCode } from '../../model/errors.ts';
import type { AccessRecord } from '../../telemetry/access-log.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { idIn } from './request-id-lines.ts';
import { traceIdOf } from './trace-id.ts';

const EXHAUSTED: ErrorCode = 'retries_exhausted';

/** One object a connection, filled anew for each of its exchanges. */
export class ExchangeRecord implements AccessRecord {
  readonly downstreamRemote: string;
  startedAtMs = 0;
  startedAtWallMs = 0;
  durationMs = 0;
  status = 0;
  flags = '';
  details = '';
  bytesReceived = 0;
  bytesSent = 0;
  attempts = 0;
  upstreamHost = '';
  upstreamCluster = '';
  route = '';
  requestId = '';
  /** Why a failure or an unwanted answer was not tried again though its route would; '' = that did not happen. Envoy's flags. */
  exhausted: '' | 'URX' | 'UO' = '';
  /** Field lines that the request gets on its way. */
  extraRequestFields = '';
  #head: RequestHead | null = null;
  /** What has happened to the request that is no failure. */
  #marks = '';

  constructor(downstreamRemote: string) {
    this.downstreamRemote = downstreamRemote;
  }

  get method(): string {
    return this.#head === null ? '' : this.#head.method;
  }

  get authority(): string {
    return this.#head === null ? '' : this.#head.authority;
  }

  get path(): string {
    return this.#head === null ? '' : this.#head.path;
  }

  get protocol(): string {
    if (this.#head === null) return '';
    if (this.#head.versionMajor === 2) return 'HTTP/2';
    return this.#head.versionMinor === 1 ? 'HTTP/1.1' : 'HTTP/1.0';
  }

  get userAgent(): string {
    return this.#head?.get('user-agent') ?? '';
  }

  get traceId(): string {
    return this.#head === null ? '' : traceIdOf(this.#head);
  }

  /** `head` is `null` when what came was no request. */
  begin(head: RequestHead | null, context: ExchangeContext): void {
    this.#head = head;
    this.startedAtMs = context.clock.now();
    this.startedAtWallMs = context.accessLog === null ? 0 : context.clock.wallNow();
    this.status = 0;
    this.flags = '';
    this.#marks = '';
    this.details = '';
    this.bytesReceived = 0;
    this.bytesSent = 0;
    this.attempts = 0;
    this.upstreamHost = '';
    this.upstreamCluster = '';
    this.route = '';
    this.requestId = '';
    this.exhausted = '';
    this.extraRequestFields = '';
    if (head !== null) this.#identify(head, context);
  }

  fail(code: ErrorCode, detail: string): void {
    const marks = this.exhausted === '' ? this.#marks : joinFlags(this.#marks, this.exhausted);
    this.flags = joinFlags(marks, ERRORS[code].flag);
    this.details = `${code}: ${detail}`;
  }

  /** It stays whatever comes of the request. */
  addFlag(flag: string): void {
    this.#marks = joinFlags(this.#marks, flag);
    this.flags = joinFlags(this.flags, flag);
  }

  /** The caller gets an answer that its route would rather have tried again. */
  passOn(): void {
    const spent = this.exhausted === 'UO' ? 'the retry budget of the cluster is spent' : `${this.attempts} attempts`;
    this.flags = joinFlags(this.flags, this.exhausted);
    this.details = `${EXHAUSTED}: ${spent}`;
  }

  end(nowMs: number): void {
    this.durationMs = nowMs - this.startedAtMs;
  }

  /** `x-request-id` is kept or made. */
  #identify(head: RequestHead, context: ExchangeContext): void {
    if (head.requestIdField >= 0) {
      this.requestId = head.valueAt(head.requestIdField);
      return;
    }
    this.extraRequestFields = context.newRequestIdLine();
    this.requestId = idIn(this.extraRequestFields);
  }
}

function joinFlags(flags: string, flag: string): string {
  return flags === '' ? flag : `${flags},${flag}`;
}
