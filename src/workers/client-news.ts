// What a worker says of clients that stay with an endpoint: what comes in a short while goes in one message.
import type { Clock } from '../base/clock.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { FromWorker } from './messages.ts';

/** A client that comes to another worker before is sent where its hash says: nearly always to the same endpoint. */
const GATHER_MS = 20;
/** A message that is longer would hold up the others. */
const MAX_HOMES = 1_000;

export class ClientNews {
  readonly #clock: Clock;
  readonly #send: (message: FromWorker) => void;
  #waiting: ClientHomeSpec[] = [];

  constructor(clock: Clock, send: (message: FromWorker) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  tell(home: ClientHomeSpec): void {
    if (this.#waiting.push(home) === 1) this.#clock.after(GATHER_MS, () => this.#sendWaiting());
  }

  tellAll(homes: readonly ClientHomeSpec[]): void {
    for (let at = 0; at < homes.length; at += MAX_HOMES) {
      this.#send({ kind: 'clients', homes: homes.slice(at, at + MAX_HOMES) });
    }
  }

  #sendWaiting(): void {
    const homes = this.#waiting;
    this.#waiting = [];
    this.tellAll(homes);
  }
}
