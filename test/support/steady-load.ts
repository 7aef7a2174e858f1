// A steady stream of GETs through a proxy: how many, how many failed and why, and who answered since when.
import { Agent, request } from 'node:http';

const PERIOD_MS = 5;

export class SteadyLoad {
  readonly failures: string[] = [];
  /** By pod: time of its first answer, ms on the clock of performance.now(). */
  readonly firstAnswers = new Map<string, number>();
  /** By pod: time of its latest answer. */
  readonly lastAnswers = new Map<string, number>();
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 20 });
  readonly #timer: NodeJS.Timeout;
  readonly #options: { readonly host: string; readonly port: number; readonly path: string };
  readonly #began = performance.now();
  #sent = 0;
  #answered = 0;

  /** Begins at once: `perSecond` calls of `url` through `proxy` (`host:port`); answers are JSON with `pod`. */
  constructor(proxy: string, url: string, perSecond: number) {
    const [host = '', port = ''] = proxy.split(':');
    this.#options = { host, port: Number(port), path: url };
    this.#timer = setInterval(() => {
      const due = ((performance.now() - this.#began) * perSecond) / 1_000;
      while (this.#sent < due) this.#call(new URL(url).host);
    }, PERIOD_MS);
  }

  get answered(): number {
    return this.#answered;
  }

  /** Resolves when every call has its answer, with how many there were. */
  async stop(): Promise<number> {
    clearInterval(this.#timer);
    while (this.#answered + this.failures.length < this.#sent) await new Promise((resolve) => setImmediate(resolve));
    this.#agent.destroy();
    return this.#sent;
  }

  #call(host: string): void {
    this.#sent += 1;
    const call = request({ ...this.#options, headers: { host }, agent: this.#agent, timeout: 10_000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => this.#note(response.statusCode ?? 0, body));
      response.on('error', (error) => this.failures.push(error.message));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')));
    call.on('error', (error) => this.failures.push(error.message));
    call.end();
  }

  #note(status: number, body: string): void {
    if (status !== 200) {
      this.failures.push(`${status} ${body.trim()}`);
      return;
    }
    this.#answered += 1;
    const { pod } = JSON.parse(body) as { pod: string };
    if (!this.firstAnswers.has(pod)) this.firstAnswers.set(pod, performance.now());
    this.lastAnswers.set(pod, performance.now());
  }
}
