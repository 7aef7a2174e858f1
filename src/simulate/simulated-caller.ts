// @hot
// A pod that calls, with a sidecar of its own: the data plane that real ones run, without sockets.
import type { ServerExchange } from '../proxy/codec/downstream.ts';
import { CallerStream, type CallerStreamOwner } from './caller-stream.ts';
import type { Figures } from './figures.ts';
import type { Session } from './session.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** The sidecar's side of a stream. */
export type OpenExchange = (stream: CallerStream) => ServerExchange;

export class SimulatedCaller implements CallerStreamOwner {
  readonly #open: OpenExchange;
  readonly clock: VirtualClock;
  readonly #figures: Figures;
  readonly #idle: CallerStream[] = [];
  readonly #busy = new Set<CallerStream>();

  constructor(open: OpenExchange, clock: VirtualClock, figures: Figures) {
    this.#open = open;
    this.clock = clock;
    this.#figures = figures;
  }

  /** Sends request number `request`. `method`: its index among those of the load, and its name. */
  send(request: number, session: Session, method: number, name: string): void {
    const stream = this.#idle.pop() ?? this.#createStream();
    this.#busy.add(stream);
    const { head } = stream;
    head.fillFrom(session.template(name));
    head.request = request;
    head.attempts = 0;
    head.answeredBy = null;
    stream.session = session.anonymous ? null : session;
    stream.method = method;
    const nowMs = this.clock.now();
    this.#figures.noteRequest(method, nowMs);
    stream.send(nowMs, session.bodyBytes(name));
  }

  onAnswer(stream: CallerStream, reason: string): void {
    const { head, session, method, startedAtMs } = stream;
    const nowMs = this.clock.now();
    this.#figures.noteAnswer(method, startedAtMs, nowMs, reason);
    if (reason === '' && head.answeredBy !== null && session !== null) {
      session.noteAnswer(head.answeredBy, startedAtMs, nowMs);
    }
    this.#busy.delete(stream);
    this.#idle.push(stream);
  }

  get busy(): number {
    return this.#busy.size;
  }

  /** The simulation ends: whoever still waits has waited for nothing. */
  end(): void {
    for (const { method, startedAtMs } of this.#busy) this.#figures.noteUnfinished(method, startedAtMs);
  }

  #createStream(): CallerStream {
    const stream = new CallerStream(this); // alloc-ok: as many as run at a time
    stream.bind(this.#open(stream));
    return stream;
  }
}
