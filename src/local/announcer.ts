// Decides when to say that everything is up: once after the start, then after each change, and what is missing when it takes long.
import type { Cancel, Clock } from '../base/clock.ts';
import type { MeshEvent, PodRow, ReportEvent } from './events.ts';

export interface AnnouncerOptions {
  readonly clock: Clock;
  readonly report: ReportEvent;
  readonly pods: () => readonly PodRow[];
  /** A URL for people to try, as seen from the pod with the front door; null when there is no Service. */
  readonly tryUrl: () => string | null;
  /** What is not ready yet, one phrase each. */
  readonly waiting: () => readonly string[];
}

const PATIENCE_MS = 10_000;

export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #cancel: Cancel;
  #told = false;
  #changed = true;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(PATIENCE_MS, () => this.#tellWhatIsMissing());
  }

  /** Every event of the mesh passes here. */
  hear(event: MeshEvent): void {
    if (event.kind === 'pod') this.#changed = true;
  }

  /** Called whenever it may have become true that everything is up. */
  idle(ready: boolean): void {
    if (!ready || !this.#changed) return;
    const first = !this.#told;
    this.#changed = false;
    this.#told = true;
    this.#cancel();
    const { report, pods, tryUrl } = this.#options;
    report({ kind: 'settled', pods: pods(), first, tryUrl: tryUrl() });
  }

  close(): void {
    this.#cancel();
  }

  #tellWhatIsMissing(): void {
    for (const what of this.#options.waiting())
      this.#options.report({ kind: 'note', text: `still waiting for ${what}` });
  }
}
