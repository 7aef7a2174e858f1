// @hot
// What happened in a simulation, in numbers: as a whole, by method, by pod, and as it went.
import { Percentiles } from './percentiles.ts';

/** A moment is a sixtieth of the whole. */
export const MOMENTS = 60;

export class MethodFigures {
  readonly method: string;
  requests = 0;
  errors = 0;

  constructor(method: string) {
    this.method = method;
  }
}

/** Of the requests that came in one moment, and the attempts that were made in it. */
export class MomentFigures {
  requests = 0;
  errors = 0;
  attempts = 0;
  ejected = 0;
  readonly latency = new Percentiles();
}

export class Figures {
  requests = 0;
  errors = 0;
  /** Requests that a pod was asked, and how many of these came after a first one. */
  attempts = 0;
  retries = 0;
  ejections = 0;
  returns = 0;
  /** Requests that had no answer when the simulation ended; errors as well. */
  unfinished = 0;
  readonly latency = new Percentiles();
  readonly methods: readonly MethodFigures[];
  readonly moments: readonly MomentFigures[];
  /** By what the sidecar said of it (`UH no_healthy_upstream`), or the status of a pod. */
  readonly reasons = new Map<string, number>();
  /** By number of the pod, then by moment. */
  readonly received: Uint32Array[] = [];
  readonly momentMs: number;

  constructor(durationMs: number, methods: readonly string[]) {
    this.momentMs = durationMs / MOMENTS;
    this.methods = methods.map((method) => new MethodFigures(method)); // alloc-ok: once a simulation
    this.moments = Array.from({ length: MOMENTS }, () => new MomentFigures()); // alloc-ok: as above
  }

  noteRequest(method: number, nowMs: number): void {
    this.requests += 1;
    (this.methods[method] as MethodFigures).requests += 1;
    this.#momentAt(nowMs).requests += 1;
  }

  noteAttempt(again: boolean, nowMs: number): void {
    this.attempts += 1;
    if (again) this.retries += 1;
    this.#momentAt(nowMs).attempts += 1;
  }

  /** A pod has been asked. */
  noteReceived(pod: number, nowMs: number): void {
    const counts = this.received[pod] ?? this.#addPod(pod);
    const moment = this.#indexAt(nowMs);
    counts[moment] = (counts[moment] as number) + 1;
  }

  /** `reason`: '' = all is well. */
  noteAnswer(method: number, startedAtMs: number, nowMs: number, reason: string): void {
    const tookMs = nowMs - startedAtMs;
    const moment = this.#momentAt(startedAtMs);
    this.latency.record(tookMs);
    moment.latency.record(tookMs);
    if (reason === '') return;
    this.errors += 1;
    moment.errors += 1;
    (this.methods[method] as MethodFigures).errors += 1;
    this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  noteUnfinished(method: number, startedAtMs: number): void {
    this.unfinished += 1;
    this.errors += 1;
    this.#momentAt(startedAtMs).errors += 1;
    (this.methods[method] as MethodFigures).errors += 1;
  }

  noteEjection(nowMs: number): void {
    this.ejections += 1;
    this.#momentAt(nowMs).ejected += 1;
  }

  #momentAt(nowMs: number): MomentFigures {
    return this.moments[this.#indexAt(nowMs)] as MomentFigures;
  }

  /** What comes before the first request, or after the last one, counts as of its moment. */
  #indexAt(nowMs: number): number {
    if (nowMs <= 0) return 0;
    const index = (nowMs / this.momentMs) | 0;
    return index < MOMENTS ? index : MOMENTS - 1;
  }

  #addPod(pod: number): Uint32Array {
    for (let number = this.received.length; number <= pod; number += 1) {
      this.received.push(new Uint32Array(MOMENTS)); // alloc-ok: once a pod
    }
    return this.received[pod] as Uint32Array;
  }
}
