// What all that we write to an API server has in common: under which name, how long it may take, and how its failures are told.

import type { Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/coded-error.ts';
import type { LogFields } from '../../base/log.ts';

/** Who owns the fields that we write, for `kubectl get --show-managed-fields`. */
export const FIELD_MANAGER = 'switchboard';

/** Gives each request its time, and ends the one under way when nobody wants it any more. */
export class RequestLimit {
  readonly #clock: Clock;
  #controller: AbortController | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One at a time. `signal` fires after `ms`, or when it is aborted. */
  async run<T>(ms: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#controller = controller;
    const cancel = this.#clock.after(ms, () => controller.abort(new Error(`it took longer than ${ms / 1_000} s`)));
    try {
      return await ask(controller.signal);
    } finally {
      cancel();
      if (this.#controller === controller) this.#controller = null;
    }
  }

  abort(): void {
    this.#controller?.abort(new Error('it is not wanted any more'));
  }
}

/** For a line of the log. */
export function failureFields(error: unknown): LogFields {
  const remedy = typeof error === 'object' && error !== null && 'remedy' in error ? error.remedy : undefined;
  return { error: messageOf(error), ...(typeof remedy === 'string' ? { remedy } : {}) };
}

/** How long the API server asks to be left alone, ms. */
export function retryAfterOf(error: unknown): number {
  const ms = typeof error === 'object' && error !== null && 'retryAfterMs' in error ? error.retryAfterMs : 0;
  return typeof ms === 'number' ? ms : 0;
}
