// How long one endpoint keeps a connection without a request, as far as it has shown, and so for how long one may be used again.

/** Of the limit that is known: the rest is for the way there, and for clocks that run apart. */
const SHARE = 0.8;
/**
 * Nothing is known of the endpoint: hardly a server closes so soon. A request that cannot be sent twice takes a new connection beyond it.
 */
const UNPROVEN_MS = 250;
/**
 * Hardly a server closes idle connections so soon: one that did has been restarted, or closes now and then behind an answer. What can be sent again
 * goes on to use connections up to this age, and shows so whether it was more than that.
 */
const HARDLY_IDLE_MS = 100;
/** A close that was seen may have had another reason, such as a restart: without a second one it counts no longer than this. */
const FORGOTTEN_AFTER_MS = 300_000;
/** The value of a Keep-Alive field, such as `timeout=5, max=100`. Source: RFC 2068 section 19.7.1.1; what servers send. */
const TIMEOUT_PARAMETER = /(?:^|[\s,;])timeout ?= ?"?(\d{1,6})\b/i;

export class IdleLimit {
  readonly #configuredMs: number;
  /** What it has said; Infinity = nothing. */
  #announcedMs = Number.POSITIVE_INFINITY;
  /** The least age at which it has closed one; Infinity = it has not, of late. */
  #closesAfterMs = Number.POSITIVE_INFINITY;
  #closedAtMs = 0;
  /** The greatest age at which one still served. */
  #provenMs = 0;

  /** `configuredMs`: none is used beyond this age, whatever the endpoint shows (> 0). */
  constructor(configuredMs: number) {
    this.#configuredMs = configuredMs;
  }

  /** The age up to which a connection may carry a request: one that is lost can be sent again. */
  repeatableMs(nowMs: number): number {
    const closesMs = Math.max(HARDLY_IDLE_MS, SHARE * this.#closesMs(nowMs));
    return Math.min(this.#configuredMs, SHARE * this.#announcedMs, closesMs);
  }

  /** The age up to which it may carry a request that must not be lost. */
  onceMs(nowMs: number): number {
    const knownMs = Math.min(this.#announcedMs, this.#closesMs(nowMs));
    const safeMs = knownMs < Number.POSITIVE_INFINITY ? SHARE * knownMs : Math.max(UNPROVEN_MS, this.#provenMs);
    return Math.min(this.#configuredMs, safeMs);
  }

  /** The Keep-Alive field of an answer. */
  announce(value: string): void {
    const seconds = TIMEOUT_PARAMETER.exec(value)?.[1];
    this.#announcedMs = seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1_000;
  }

  /** The endpoint has closed one that had been idle for `ageMs`, or that long when it was used and served no more. */
  noteClosed(ageMs: number, nowMs: number): void {
    if (ageMs > Math.min(this.#announcedMs, this.#closesMs(nowMs))) return;
    this.#closesAfterMs = ageMs;
    this.#closedAtMs = nowMs;
    if (this.#provenMs > ageMs) this.#provenMs = 0;
  }

  /** One that had been idle for `ageMs` has served a request: a close before that age was not for idleness. */
  noteServed(ageMs: number): void {
    if (ageMs > this.#closesAfterMs) this.#closesAfterMs = Number.POSITIVE_INFINITY;
    if (ageMs > this.#provenMs) this.#provenMs = ageMs;
  }

  #closesMs(nowMs: number): number {
    if (nowMs - this.#closedAtMs > FORGOTTEN_AFTER_MS) this.#closesAfterMs = Number.POSITIVE_INFINITY;
    return this.#closesAfterMs;
  }
}
