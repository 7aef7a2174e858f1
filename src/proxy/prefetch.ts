// What siblings hold, asked for before anybody here dials it: how long readiness waits for it, and what came of it.
import type { Cancel, Clock } from '../base/clock.ts';
import { parseDialledName, portRouteName } from '../model/names.ts';
import { MAX_PREFETCH_HINTS } from '../model/prefetch-hints-spec.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';
import type { StatSink, StatSource } from '../telemetry/stats.ts';
import type { DialledPort } from './dialled-authorities.ts';

/** Happens once: requests wait for nothing here, and what does not come in time is there later or is dialled as if nobody had asked. */
export class Prefetch implements StatSource {
  readonly #clock: Clock;
  readonly #waitMs: number;
  #hints: readonly string[] = [];
  /** Asked for, and not in force yet. */
  readonly #cold = new Set<DialledPort>();
  #cancelWait: Cancel = () => {};
  #asked = 0;
  #used = 0;
  #unused = 0;

  /** `waitMs`: how long readiness waits, > 0. */
  constructor(clock: Clock, waitMs: number) {
    this.#clock = clock;
    this.#waitMs = waitMs;
  }

  /** What readiness waits for, for people; '' = nothing (any more). */
  get waitingFor(): string {
    if (this.#cold.size === 0) return '';
    return `what sibling pods dial: ${this.#cold.size} of ${this.#asked} names have not come`;
  }

  /** Names of route configurations. They count until the names of the mesh are known. */
  hint(routes: readonly string[]): void {
    this.#hints = routes.slice(0, MAX_PREFETCH_HINTS);
  }

  /** The names of the mesh are known: gives the hints, once. */
  takeHints(): readonly ServicePortName[] {
    const ports = new Map<string, ServicePortName>();
    for (const route of this.#hints) {
      const parsed = parseDialledName(route);
      if (parsed === null) continue;
      const { name: host, port } = parsed;
      ports.set(portRouteName(port, host), { host, port });
    }
    this.#hints = [];
    return [...ports.values()];
  }

  /** They have been asked for. */
  begin(ports: readonly DialledPort[]): void {
    if (ports.length === 0) return;
    this.#asked += ports.length;
    for (const port of ports) {
      port.unused = true;
      this.#cold.add(port);
    }
    this.#cancelWait = this.#clock.after(this.#waitMs, () => this.#cold.clear());
  }

  /** Routes may have come into force. */
  settle(): void {
    for (const port of this.#cold) if (port.slot.table !== null) this.#warmed(port);
  }

  /** Somebody dials it. */
  noteUse(port: DialledPort): void {
    if (!port.unused) return;
    port.unused = false;
    this.#used += 1;
  }

  /** It will not come. */
  refuse(routes: ReadonlySet<string>): void {
    for (const port of this.#cold) if (routes.has(port.slot.name)) this.#warmed(port);
  }

  /** It is let go of. */
  drop(port: DialledPort): void {
    this.#warmed(port);
    if (port.unused) this.#unused += 1;
  }

  close(): void {
    this.#cancelWait();
  }

  collect(sink: StatSink): void {
    sink.counter('control_plane', '', 'on_demand_prefetched', this.#asked);
    sink.counter('control_plane', '', 'on_demand_prefetched_used', this.#used);
    sink.counter('control_plane', '', 'on_demand_prefetched_unused', this.#unused);
    sink.gauge('control_plane', '', 'on_demand_prefetch_waiting', this.#cold.size);
  }

  #warmed(port: DialledPort): void {
    if (this.#cold.delete(port) && this.#cold.size === 0) this.#cancelWait();
  }
}
