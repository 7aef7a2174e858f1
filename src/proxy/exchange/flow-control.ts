// @hot
// Back-pressure of one exchange, both ways: whoever cannot take more stops the other side's reading.
import type { DownstreamStream } from '../codec/downstream.ts';

/** The endpoint's side. */
export interface UpstreamReading {
  pauseReading(): void;
  resumeReading(): void;
}

/** One object an exchange, for all of its requests. */
export class FlowControl {
  readonly #upstream: UpstreamReading;
  #stream: DownstreamStream | null = null;
  #upstreamPaused = false;
  #downstreamPaused = false;

  constructor(upstream: UpstreamReading) {
    this.#upstream = upstream;
  }

  /** Who is waited for when nothing moves: a caller who does not read, a pod that is silent, or a caller who owes the rest of the request. */
  get stalledBy(): 'downstream_stalled' | 'upstream_timeout' | 'request_body_timeout' {
    if (this.#upstreamPaused) return 'downstream_stalled';
    const awaitsPod = (this.#stream as DownstreamStream).requestComplete || this.#downstreamPaused;
    return awaitsPod ? 'upstream_timeout' : 'request_body_timeout';
  }

  /** A request begins on `stream`. */
  begin(stream: DownstreamStream): void {
    this.#stream = stream;
    this.#upstreamPaused = false;
    this.#downstreamPaused = false;
  }

  pauseDownstream(): void {
    const stream = this.#stream as DownstreamStream;
    if (stream.requestComplete) return;
    this.#downstreamPaused = true;
    stream.pauseReading();
  }

  resumeDownstream(): void {
    if (!this.#downstreamPaused) return;
    this.#downstreamPaused = false;
    (this.#stream as DownstreamStream).resumeReading();
  }

  pauseUpstream(): void {
    this.#upstreamPaused = true;
    this.#upstream.pauseReading();
  }

  resumeUpstream(): void {
    if (!this.#upstreamPaused) return;
    this.#upstreamPaused = false;
    this.#upstream.resumeReading();
  }
}
