// @hot
// The moment by which a call must be over, as every endpoint that is asked is told: the time that is left then, never more.
import type { Clock } from '../../base/clock.ts';
import { FIELD_HOP, type RequestHead } from '../codec/head.ts';
import { parseGrpcTimeout, renderGrpcTimeout } from './grpc-timeout.ts';

const FIELD = 'grpc-timeout';

/** Index of the field that says how long the call may take, −1 without one. Only HTTP/2 has gRPC; `always`: its route speaks of that field. */
export function findGrpcTimeout(head: RequestHead, always: boolean): number {
  return head.versionMajor === 2 || always ? head.find(FIELD) : -1;
}

/** Milliseconds; −1 = nothing, or nothing that can be understood. */
export function grpcTimeoutMs(head: RequestHead, field: number): number {
  return field < 0 ? -1 : parseGrpcTimeout(head.valueAt(field));
}

/** One object an exchange, made for the first of its calls that has a deadline. */
export class CallDeadline {
  readonly #clock: Clock;
  #head: RequestHead | null = null;
  #field = -1;
  #told = false;
  #endsAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get leftMs(): number {
    return this.#endsAtMs - this.#clock.now();
  }

  /** `field`: of `grpc-timeout`, −1 = the caller sent none. `told`: endpoints hear of it. */
  begin(head: RequestHead, field: number, told: boolean, endsAtMs: number): void {
    this.#head = head;
    this.#field = field;
    this.#told = told;
    this.#endsAtMs = endsAtMs;
  }

  /** The lines that go with an attempt that begins now, besides the head's own: `extra`, and what is left. */
  addTo(extra: string): string {
    if (!this.#told) return extra;
    // What the caller said stays behind.
    if (this.#field >= 0) (this.#head as RequestHead).hopByHop[this.#field] = FIELD_HOP;
    return `${extra}${FIELD}: ${renderGrpcTimeout(this.leftMs)}\r\n`;
  }

  /** The same for a head that its route has changed. Where that changed this very field, the route has its way. */
  writeInto(changed: string): string {
    if (!this.#told) return changed;
    if (this.#field < 0) return this.#append(changed);
    const head = this.#head as RequestHead;
    const name = `\r\n${head.nameAt(this.#field)}: `;
    const said = `${name}${head.valueAt(this.#field)}\r\n`;
    const at = changed.indexOf(said);
    if (at < 0) return changed;
    return `${changed.slice(0, at)}${name}${renderGrpcTimeout(this.leftMs)}${changed.slice(at + said.length - 2)}`;
  }

  #append(changed: string): string {
    if (changed.includes(`\r\n${FIELD}: `)) return changed;
    return `${changed.slice(0, -2)}${FIELD}: ${renderGrpcTimeout(this.leftMs)}\r\n\r\n`;
  }
}
