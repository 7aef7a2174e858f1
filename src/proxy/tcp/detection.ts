// Who speaks first, and what: learnt for each destination, and counted.
import type { Clock } from '../../base/clock.ts';
import type { StatSink } from '../../telemetry/stats.ts';

/** Whose first word was heard last: of the server, or of a caller who speaks HTTP. */
export type FirstSpeaker = 'server' | 'http';

/** What a connection turned out to carry; `server-first`: bytes, and the server spoke before its caller. */
export const FOUND_PROTOCOLS = ['http1', 'http2', 'tls', 'tcp', 'server-first'] as const;
export type FoundProtocol = (typeof FOUND_PROTOCOLS)[number];

/** Protocols change seldom, and being wrong costs 50 ms or a connection. */
const REMEMBERED_MS = 600_000;
/** Destinations beyond that many push out those that were learnt first. */
const MAX_DESTINATIONS = 1_000;

interface Memory {
  readonly speaker: FirstSpeaker;
  readonly untilMs: number;
}

export class Detection {
  readonly #clock: Clock;
  readonly #memories = new Map<string, Memory>();
  readonly #found: Record<FoundProtocol, number> = { http1: 0, http2: 0, tls: 0, tcp: 0, 'server-first': 0 };
  /** Connections for which a pod was dialled before anybody had spoken, and those of them that turned out to be HTTP: dialled in vain. */
  #speculative = 0;
  #inVain = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** What was learnt of `destination` in the last ten minutes; null = nothing. */
  speakerOf(destination: string): FirstSpeaker | null {
    const memory = this.#memories.get(destination);
    if (memory === undefined) return null;
    if (memory.untilMs > this.#clock.now()) return memory.speaker;
    this.#memories.delete(destination);
    return null;
  }

  /** The newest lesson counts: one HTTP request takes "server first" back. */
  learn(destination: string, speaker: FirstSpeaker): void {
    this.#memories.delete(destination);
    this.#memories.set(destination, { speaker, untilMs: this.#clock.now() + REMEMBERED_MS });
    if (this.#memories.size <= MAX_DESTINATIONS) return;
    for (const oldest of this.#memories.keys()) {
      this.#memories.delete(oldest);
      return;
    }
  }

  noteFound(protocol: FoundProtocol): void {
    this.#found[protocol] += 1;
  }

  noteSpeculative(): void {
    this.#speculative += 1;
  }

  noteInVain(): void {
    this.#inVain += 1;
  }

  collect(prefix: string, sink: StatSink): void {
    for (const protocol of FOUND_PROTOCOLS) {
      sink.counter('http', prefix, `detection_${protocol.replace('-', '_')}`, this.#found[protocol]);
    }
    sink.counter('http', prefix, 'detection_dialled_ahead', this.#speculative);
    sink.counter('http', prefix, 'detection_dialled_in_vain', this.#inVain);
    sink.gauge('http', prefix, 'detection_learnt', this.#memories.size);
  }
}
