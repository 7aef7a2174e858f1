// A caller that never pauses: so many GET requests a second through a proxy, each answer accounted for.
import { Agent, request } from 'node:http';

export interface Tally {
  sent: number;
  ok: number;
  /** One line for each request without a 200: what came instead. */
  readonly failures: string[];
  /** Answers by pod, and when the first and the last of each came (performance.now). */
  readonly pods: Map<string, { answers: number; firstAt: number; lastAt: number }>;
}

const TICK_MS = 10;

export class SteadyLoad {
  readonly tally: Tally = { sent: 0, ok: 0, failures: [], pods: new Map() };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  readonly #proxyPort: number;
  readonly #host: string;
  readonly #timer: NodeJS.Timeout;
  #running = 0;

  /** `perSecond` is a multiple of 100. */
  constructor(proxyPort: number, host: string, perSecond: number) {
    this.#proxyPort = proxyPort;
    this.#host = host;
    this.#timer = setInterval(() => {
      for (let index = 0; index < (perSecond * TICK_MS) / 1_000; index += 1) this.#send();
    }, TICK_MS);
  }

  /** Sends no more and resolves when every answer is in. */
  async stop(): Promise<Tally> {
    clearInterval(this.#timer);
    while (this.#running > 0) await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    this.#agent.destroy();
    return this.tally;
  }

  #send(): void {
    this.tally.sent += 1;
    this.#running += 1;
    const call = request({
      host: '127.0.0.1',
      port: this.#proxyPort,
      path: `http://${this.#host}/data`,
      headers: { host: this.#host },
      agent: this.#agent,
    });
    call.on('response', (answer) => {
      let body = '';
      answer.on('data', (text) => {
        body += text;
      });
      answer.on('end', () => this.#account(answer.statusCode ?? 0, body));
      answer.on('error', (error) => this.#fail(`cut off: ${error.message}`));
    });
    call.on('error', (error) => this.#fail(error.message));
    call.end();
  }

  #account(status: number, body: string): void {
    if (status !== 200) {
      this.#fail(`${status} ${body}`);
      return;
    }
    this.#running -= 1;
    this.tally.ok += 1;
    const { pod }: { readonly pod: string } = JSON.parse(body);
    const now = performance.now();
    const seen = this.tally.pods.get(pod) ?? { answers: 0, firstAt: now, lastAt: now };
    this.tally.pods.set(pod, { answers: seen.answers + 1, firstAt: seen.firstAt, lastAt: now });
  }

  #fail(reason: string): void {
    this.#running -= 1;
    this.tally.failures.push(reason);
  }
}
