// Asks an endpoint by a request over HTTP, through undici. Loaded when the first cluster has such checks.
import { Client, type Dispatcher } from 'undici';
import { codeOf } from '../../base/coded-error.ts';
import { DEFAULT_RECEIVE_BYTES, type HttpCheckSpec, type StatusRange } from '../../model/health-check-spec.ts';
import { connectByDial } from '../codec/connect-by-dial.ts';
import { holdsAll } from './payload-match.ts';
import type { CheckAnswer, CheckTarget, Probe, ProbeContext } from './probe.ts';

type Done = (answer: CheckAnswer) => void;
type Answer = Dispatcher.ResponseData;

/** Answers of a pod that can serve, and would rather not. Source: Envoy's health checker. */
const DEGRADED = 'x-envoy-degraded';

export class HttpProbe implements Probe {
  readonly #check: HttpCheckSpec;
  readonly #context: ProbeContext;
  #client: Client | null = null;
  /** Where the client goes. */
  #address = '';
  /** The check in work; 0 = none. */
  #asked = 0;
  #checks = 0;

  constructor(check: HttpCheckSpec, context: ProbeContext) {
    this.#check = check;
    this.#context = context;
  }

  check(target: CheckTarget, done: Done): void {
    this.#checks += 1;
    const asked = this.#checks;
    this.#asked = asked;
    const finish = (answer: CheckAnswer): void => {
      if (this.#asked !== asked) return;
      this.#asked = 0;
      done(answer);
    };
    void this.#ask(target).then(finish, (error: unknown) => {
      if (this.#asked === asked) this.#drop();
      const detail = error instanceof Error ? codeOf(error) || error.message : String(error);
      finish({ outcome: 'unreachable', detail, degraded: false });
    });
  }

  abandon(): void {
    this.#asked = 0;
    this.#drop();
  }

  close(): void {
    this.abandon();
  }

  async #ask(target: CheckTarget): Promise<CheckAnswer> {
    const { path, method, send } = this.#check;
    const answer = await this.#clientOf(target).request({
      ...{ path, method: method as Dispatcher.HttpMethod, headers: this.#headers(target) },
      body: send === undefined ? null : Buffer.from(send, 'hex'),
    });
    const body = await readBody(answer, this.#check.receiveBytes ?? DEFAULT_RECEIVE_BYTES);
    if (!this.#context.keepsConnection || closes(answer)) this.#drop();
    return this.#judge(answer, body);
  }

  #judge({ statusCode, headers }: Answer, body: Buffer): CheckAnswer {
    const { expectedStatuses, retriableStatuses = [], receive = [] } = this.#check;
    const degraded = headers[DEGRADED] !== undefined;
    const detail = `HTTP status ${statusCode}`;
    if (!isOneOf(statusCode, expectedStatuses)) {
      const isRetriable = isOneOf(statusCode, retriableStatuses);
      return { outcome: isRetriable ? 'retriable' : 'failed', detail, degraded };
    }
    if (holdsAll(body, receive)) return { outcome: 'passed', detail: '', degraded };
    return { outcome: 'failed', detail: `${detail}, and its body is not what is waited for`, degraded };
  }

  #headers(target: CheckTarget): Record<string, string> {
    const { host, add = [], remove = [] } = this.#check;
    const headers: Record<string, string> = { host: host ?? target.authority, 'user-agent': 'Switchboard/HC' };
    for (const { name, value, action } of add) {
      const before = headers[name];
      if (action === 'append' && before !== undefined) headers[name] = `${before}, ${value}`;
      else if (action === 'overwrite' || action === 'append' || before === undefined) headers[name] = value;
    }
    for (const name of remove) delete headers[name];
    return headers;
  }

  #clientOf({ host, port }: CheckTarget): Client {
    const address = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    if (this.#client !== null && this.#address === address) return this.#client;
    this.#drop();
    this.#address = address;
    this.#client = new Client(`http://${address}`, {
      connect: (_options, connected) =>
        connectByDial(this.#context.dial(host, port), this.#check.http2 === true, connected),
      allowH2: this.#check.http2 === true,
      // Whoever waits has a time of its own.
      ...{ headersTimeout: 0, bodyTimeout: 0, keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS },
    });
    return this.#client;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    // What it carries ends with it.
    void client?.destroy().catch(() => {});
  }
}

/** Longer than the usual interval. */
const KEPT_MS = 600_000;

function isOneOf(status: number, ranges: readonly StatusRange[]): boolean {
  return ranges.some(({ start, end }) => status >= start && status < end);
}

/** So much of it as is looked at; the rest is not kept. */
async function readBody({ body }: Answer, limit: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of body) {
    if (length < limit) pieces.push(piece as Buffer);
    length += (piece as Buffer).length;
  }
  return Buffer.concat(pieces).subarray(0, limit);
}

function closes({ headers }: Answer): boolean {
  return String(headers['connection'] ?? '').toLowerCase() === 'close';
}
