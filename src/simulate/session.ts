// A user: what all of its requests have in common, the cookies that it was given, and the pod that answers it.

import { RequestHead } from '../proxy/codec/head.ts';
import { parseRequestHead } from '../proxy/codec/http1/parse-request-head.ts';
import type { SimulatedPod } from './simulated-pod.ts';

const MAX_FIELDS = 16;

export interface SessionOptions {
  /** As the caller writes it. */
  readonly authority: string;
  /** Fields (lower case) that carry who the user is. */
  readonly headers: readonly string[];
}

export class Session {
  readonly #name: string;
  readonly #options: SessionOptions;
  readonly #cookies = new Map<string, string>();
  /** By method; made when they are needed, after each change of cookies. */
  readonly #templates = new Map<string, RequestHead>();
  #pod: SimulatedPod | null = null;
  /** How often its requests went to another pod than before, and how often that was while that one still served. */
  moves = 0;
  needlessMoves = 0;

  /** `name`: '' = of requests that have nothing in common. */
  constructor(name: string, options: SessionOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Its requests have nothing in common. */
  get anonymous(): boolean {
    return this.#name === '';
  }

  template(method: string): RequestHead {
    const known = this.#templates.get(method);
    if (known !== undefined) return known;
    const made = this.#createTemplate(method);
    this.#templates.set(method, made);
    return made;
  }

  noteAnswer(pod: SimulatedPod): void {
    if (pod === this.#pod) return;
    if (this.#pod !== null) {
      this.moves += 1;
      if (this.#pod.serving) this.needlessMoves += 1;
    }
    this.#pod = pod;
  }

  /** `fields`: lines `name: value\r\n` of an answer. */
  takeCookies(fields: string): void {
    for (const line of fields.split('\r\n')) {
      const colon = line.indexOf(':');
      if (line.slice(0, colon).toLowerCase() === 'set-cookie') this.#takeCookie(line.slice(colon + 1));
    }
  }

  #takeCookie(written: string): void {
    const [pair = ''] = written.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (equals < 0 || this.#cookies.get(name) === value) return;
    this.#cookies.set(name, value);
    this.#templates.clear();
  }

  #createTemplate(method: string): RequestHead {
    const { authority, headers } = this.#options;
    const cookies = Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const lines = [
      `${method} / HTTP/1.1`,
      `host: ${authority}`,
      // Without it the sidecar would have to make one.
      'x-request-id: simulated',
      ...(this.#name === '' ? [] : headers.map((header) => `${header}: ${this.#name}`)),
      ...(cookies === '' ? [] : [`cookie: ${cookies}`]),
    ];
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const head = new RequestHead(MAX_FIELDS + headers.length);
    const problem = parseRequestHead(bytes, 0, bytes.length, head);
    if (problem !== 0) throw new Error(`no request of a caller looks like that: ${lines.join(' | ')}`);
    return head;
  }
}
