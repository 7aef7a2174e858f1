// A user: what all of its requests have in common, the cookies that it was given, and the pod that answers it.

import { RequestHead } from '../proxy/codec/head.ts';
import { parseRequestHead } from '../proxy/codec/http1/parse-request-head.ts';
import type { SimulatedPod } from './simulated-pod.ts';

const MAX_FIELDS = 16;
/** What the sidecar says of a session that was not answered by its pod. */
const SESSION_FIELD = 'x-switchboard-session';
const AWAY = 'away';
const WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);
/** That HTTP/2 does without. */
const FRAMING = 'transfer-encoding';
const GRPC_FIELDS = ['content-type: application/grpc', 'te: trailers', `${FRAMING}: chunked`];
/** Of gRPC, in front of an empty message. */
const PREFIX_BYTES = 5;

export interface SessionOptions {
  /** As the caller writes it. */
  readonly authority: string;
  /** Fields (lower case) that carry who the user is. */
  readonly headers: readonly string[];
  readonly isGrpc: boolean;
  /** Of requests that have one. */
  readonly bodyBytes: number;
}

export class Session {
  readonly #name: string;
  readonly #options: SessionOptions;
  readonly #cookies = new Map<string, string>();
  /** By method; made when they are needed, after each change of cookies. */
  readonly #templates = new Map<string, RequestHead>();
  #pod: SimulatedPod | null = null;
  /** When its first answer of that pod came, ms. */
  #sinceMs = 0;
  /** The answer that is being read did. */
  #gaveCookie = false;
  #isAway = false;
  /** How often its requests went to another pod than before, and how often that was while that one still served. */
  moves = 0;
  needlessMoves = 0;
  /** Requests that another pod answered while the session stayed where it was, as the sidecar says. */
  answersAway = 0;

  /** `name`: '' = of requests that have nothing in common. */
  constructor(name: string, options: SessionOptions) {
    this.#name = name;
    this.#options = options;
  }

  /** Its requests have nothing in common. */
  get anonymous(): boolean {
    return this.#name === '';
  }

  bodyBytes(method: string): number {
    const { isGrpc, bodyBytes } = this.#options;
    if (isGrpc) return Math.max(PREFIX_BYTES, bodyBytes);
    return WITH_BODY.has(method) ? bodyBytes : 0;
  }

  template(method: string): RequestHead {
    const known = this.#templates.get(method);
    if (known !== undefined) return known;
    const made = this.#createTemplate(method);
    this.#templates.set(method, made);
    return made;
  }

  /**
   * A good answer to a request of `sentAtMs`. One that was on its way before its user knew of its pod is no move; but of several that came without a cookie
   * the last one to give them one says where they belong.
   */
  noteAnswer(pod: SimulatedPod, sentAtMs: number, nowMs: number): void {
    const gaveCookie = this.#gaveCookie;
    const isAway = this.#isAway;
    this.#gaveCookie = false;
    this.#isAway = false;
    if (isAway) this.answersAway += 1;
    if (pod === this.#pod || isAway) return;
    const late = this.#pod !== null && sentAtMs < this.#sinceMs;
    if (late && !gaveCookie) return;
    if (this.#pod !== null && !late) this.#noteMove(this.#pod);
    this.#sinceMs = nowMs;
    this.#pod = pod;
  }

  /** `fields`: lines `name: value\r\n` of an answer, before it is noted. */
  takeFields(fields: string): void {
    for (const line of fields.split('\r\n')) {
      const colon = line.indexOf(':');
      const name = line.slice(0, colon).toLowerCase();
      if (name === 'set-cookie') this.#takeCookie(line.slice(colon + 1));
      else if (name === SESSION_FIELD && line.slice(colon + 1).trim() === AWAY) this.#isAway = true;
    }
  }

  #noteMove(from: SimulatedPod): void {
    this.moves += 1;
    if (from.serving) this.needlessMoves += 1;
  }

  #takeCookie(written: string): void {
    const [pair = ''] = written.split(';');
    const equals = pair.indexOf('=');
    const name = pair.slice(0, equals).trim();
    const value = pair.slice(equals + 1).trim();
    if (equals < 0 || this.#cookies.get(name) === value) return;
    this.#cookies.set(name, value);
    this.#gaveCookie = true;
    this.#templates.clear();
  }

  #createTemplate(method: string): RequestHead {
    const { authority, headers, isGrpc } = this.#options;
    const bodyBytes = this.bodyBytes(method);
    const cookies = Array.from(this.#cookies, ([name, value]) => `${name}=${value}`).join('; ');
    const lines = [
      isGrpc ? `POST /${method} HTTP/1.1` : `${method} / HTTP/1.1`,
      `host: ${authority}`,
      ...(isGrpc ? GRPC_FIELDS : []),
      ...(isGrpc || bodyBytes === 0 ? [] : [`content-length: ${bodyBytes}`]),
      // Without it the sidecar would have to make one.
      'x-request-id: simulated',
      ...(this.#name === '' ? [] : headers.map((header) => `${header}: ${this.#name}`)),
      ...(cookies === '' ? [] : [`cookie: ${cookies}`]),
    ];
    const bytes = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
    const head = new RequestHead(MAX_FIELDS + headers.length);
    const problem = parseRequestHead(bytes, 0, bytes.length, head);
    if (problem !== 0) throw new Error(`no request of a caller looks like that: ${lines.join(' | ')}`);
    if (isGrpc) {
      head.versionMajor = 2;
      head.addedField = head.find(FRAMING);
    }
    return head;
  }
}
