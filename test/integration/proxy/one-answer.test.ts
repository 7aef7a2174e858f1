// The property of retries and hedges: whatever pods do and whenever, a caller gets one answer, whole or visibly broken off, and all of it from one attempt.
import fc from 'fast-check';
import { type Random, randomBelow, seededRandom } from '../../../src/base/random.ts';
import type { RetryPolicySpec } from '../../../src/model/retry-policy-spec.ts';
import { EndOfBytes } from '../../support/http-reader.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { post, type RawAnswer, type RawClient } from '../../support/raw-client.ts';
import type { BackendConnection, Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const CALLERS = 4;
const REQUESTS_EACH = 12;
const COPIES = 40;

/** An attempt that has come to its pod, body and all, and that is not answered whole yet. */
interface Held {
  readonly id: string;
  readonly text: string;
  readonly connection: BackendConnection;
  readonly done: () => void;
  begun: boolean;
}

const requestBody = (id: string): string => `[${id}]`.repeat(300);

class Game {
  readonly clock = new ManualClock();
  readonly #random: Random;
  readonly #held: Held[] = [];
  #attempts = 0;
  #callers = CALLERS;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  get script(): Script {
    return async (request, connection) => {
      const id = request.get('x-id') ?? '';
      const body = await request.body.catch(() => null);
      if (body === null) return;
      expect(String(body.body)).toBe(requestBody(id));
      this.#attempts += 1;
      const text = `<${id} ${this.#attempts}>`.repeat(COPIES);
      await new Promise<void>((done) => this.#held.push({ id, text, connection, done, begun: false }));
    };
  }

  async play(plane: LivePlane): Promise<void> {
    const callers = Array.from({ length: CALLERS }, (_, caller) => this.#call(plane, caller));
    while (this.#callers > 0) {
      this.#act();
      await turns(1 + randomBelow(this.#random, 4));
    }
    await Promise.all(callers);
  }

  async #call(plane: LivePlane, caller: number): Promise<void> {
    let client: RawClient | null = null;
    try {
      for (let count = 0; count < REQUESTS_EACH; count += 1) {
        client ??= await plane.client();
        const id = `${caller}.${count}`;
        client = await this.#ask(client, id);
      }
      client?.end();
      expect(client === null ? '' : await client.rest()).toBe('');
    } finally {
      this.#callers -= 1;
    }
  }

  /** Null: the connection was closed behind a part of an answer. */
  async #ask(client: RawClient, id: string): Promise<RawClient | null> {
    try {
      expectOne(await client.ask(post('web', requestBody(id), `X-Id: ${id}\r\n`, 'PUT')), id);
      return client;
    } catch (error) {
      if (!(error instanceof EndOfBytes)) throw error;
      expectPart(String(error.partial), id);
      return null;
    }
  }

  /** One thing happens, to any attempt. */
  #act(): void {
    const at = randomBelow(this.#random, this.#held.length + 1);
    const held = this.#held[at];
    if (held === undefined) {
      this.clock.advance(randomBelow(this.#random, 70));
      return;
    }
    const whole = `HTTP/1.1 200 OK\r\nContent-Length: ${held.text.length}\r\n\r\n${held.text}`;
    const half = whole.length - 100;
    const move = randomBelow(this.#random, 6);
    if (move === 0) held.connection.reset();
    else if (held.begun) held.connection.send(whole.slice(half));
    else if (move === 1) held.connection.answer(503, held.text);
    else if (move === 2) {
      held.connection.send(whole.slice(0, half));
      held.begun = true;
      return;
    } else if (move === 3) return;
    else held.connection.send(whole);
    this.#held.splice(at, 1);
    held.done();
  }
}

/** What the sidecar says itself has no attempt in it. */
function expectOne(answer: RawAnswer, id: string): void {
  if (answer.get('x-switchboard-error') !== undefined) {
    expect([503, 504]).toContain(answer.status);
    return;
  }
  const [first = ''] = answer.text.split('>', 1);
  expect(first.startsWith(`<${id} `)).toBe(true);
  expect(answer.text).toBe(`${first}>`.repeat(COPIES));
}

function expectPart(part: string, id: string): void {
  const [first = ''] = part.split('>', 1);
  if (part.includes('>')) expect(first.startsWith(`<${id} `)).toBe(true);
  expect(`${first}>`.repeat(COPIES).startsWith(part)).toBe(true);
}

const FIVES: RetryPolicySpec = { on: ['5xx', 'reset'], numRetries: 3, statusCodes: [], perTryTimeoutMs: 60 };

it.each<[string, Partial<{ retry: RetryPolicySpec }>]>([
  ['by default', {}],
  ['with limits of tries', { retry: FIVES }],
  ['with hedges', { retry: { ...FIVES, hedgeOnPerTryTimeout: true } }],
  ['with hedges and pauses', { retry: { ...FIVES, hedgeOnPerTryTimeout: true, backOff: { baseMs: 20, maxMs: 80 } } }],
])(
  'a caller gets one answer, all of it from one attempt: %s',
  async (_, action) => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const game = new Game(seed);
        const backends = await Promise.all(Array.from({ length: 3 }, () => stage.backend(game.script)));
        const cluster = { circuitBreakers: { default: { retries: { kind: 'number' as const, max: 1_000 } } } };
        const plane = await stage.plane({ services: { web: backends }, action, cluster, clock: game.clock });
        await game.play(plane);
        await stage.close();
      }),
      { numRuns: 6 },
    );
  },
  60_000,
);
