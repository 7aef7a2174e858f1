// @hot
// How quick an endpoint answers: a moving average that follows a rise at once and forgets it slowly (peak EWMA, as Finagle and Linkerd have it).

/** After so long without news an estimate counts a third (1/e) of what it was, ms. */
export const LATENCY_DECAY_MS = 10_000;
/** What an endpoint is thought to take before it has answered, ms. */
export const UNKNOWN_LATENCY_MS = 30;
/** What a request counts that got no answer, or was told that it could not be served (502, 503, 504), ms: a broken endpoint is a quick one. */
export const FAILURE_LATENCY_MS = 1_000;

export class LatencyEstimate {
  #ms = UNKNOWN_LATENCY_MS;
  #atMs: number;

  constructor(nowMs: number) {
    this.#atMs = nowMs;
  }

  /** What it comes to at `nowMs`, ms: nobody who was slow once is left without requests for ever. */
  at(nowMs: number): number {
    return this.#ms * Math.exp((this.#atMs - nowMs) / LATENCY_DECAY_MS);
  }

  /** A request took `latencyMs` (≥ 0) until its answer began. */
  record(latencyMs: number, nowMs: number): void {
    const kept = Math.exp((this.#atMs - nowMs) / LATENCY_DECAY_MS);
    const ms = this.#ms;
    this.#ms = latencyMs > ms ? latencyMs : ms * kept + latencyMs * (1 - kept);
    this.#atMs = nowMs;
  }

  recordFailure(latencyMs: number, nowMs: number): void {
    this.record(Math.max(latencyMs, FAILURE_LATENCY_MS), nowMs);
  }

  /** A request was given up after `latencyMs`: it would have taken at least that. */
  recordAbandoned(latencyMs: number, nowMs: number): void {
    if (latencyMs > this.at(nowMs)) this.record(latencyMs, nowMs);
  }
}
