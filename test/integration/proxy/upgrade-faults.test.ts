// Promises of upgraded connections of which one side fails: 40 conversations from a seed, in every pairing of HTTP/1.1 and HTTP/2.
import { once } from 'node:events';
import type { ClientHttp2Stream, ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { type Random, randomBelow, seededRandom } from '../../../src/base/random.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { turns, until } from '../../support/until.ts';
import { EXTENDED_CONNECT, UpgradeStage } from '../../support/upgrade-stage.ts';
import { accepting, asking } from '../../support/upgrades.ts';

const CONVERSATIONS = 40;
const SEED = 8_441;

const up = new UpgradeStage();
afterEach(() => up.close());

interface Part {
  readonly bytes: Buffer;
  /** Else it resets when it has said half, and heard something. */
  readonly ends: boolean;
}

interface Conversation {
  readonly caller: Part;
  readonly pod: Part;
  readonly http2Caller: boolean;
  readonly http2Pod: boolean;
}

/** What one side heard, and how that ended for it. */
interface Hearing {
  heard: Buffer;
  /** '' = it has not ended yet. */
  end: '' | 'in order' | 'reset';
}

function partOf(random: Random): Part {
  const pattern = Buffer.from(Array.from({ length: 97 }, () => randomBelow(random, 256)));
  const length = 2 + (randomBelow(random, 3) === 0 ? randomBelow(random, 600_000) : randomBelow(random, 200));
  return { bytes: Buffer.alloc(length, pattern), ends: randomBelow(random, 3) > 0 };
}

function draw(random: Random): Conversation {
  const [caller, pod] = [partOf(random), partOf(random)];
  return { caller, pod, http2Caller: randomBelow(random, 2) === 0, http2Pod: randomBelow(random, 2) === 0 };
}

type Side = Socket | ClientHttp2Stream | ServerHttp2Stream;

function reset(side: Side): void {
  if ('resetAndDestroy' in side) side.resetAndDestroy();
  // Its `close` ends the half in order first.
  else side.destroy(new Error('reset'));
}

/** Says one byte at once, the rest when it has heard something; `first`: what was heard already. */
function take(side: Side, part: Part, first: Buffer, onDone: () => void = () => {}): Hearing {
  const hearing: Hearing = { heard: first, end: '' };
  const finish = (end: 'in order' | 'reset'): void => {
    if (hearing.end === '') hearing.end = end;
    onDone();
  };
  let answered = false;
  const answer = (): void => {
    if (answered || hearing.heard.length === 0) return;
    answered = true;
    const { bytes, ends } = part;
    side.write(bytes.subarray(1, ends ? bytes.length : Math.ceil(bytes.length / 2)));
    if (ends) side.end();
    else void turns(3).then(() => reset(side));
  };
  side.write(part.bytes.subarray(0, 1));
  side.on('data', (piece: Buffer) => {
    hearing.heard = Buffer.concat([hearing.heard, piece]);
    answer();
  });
  // Node lets a stream end before it tells of a reset.
  if ('resetAndDestroy' in side) side.on('end', () => finish('in order'));
  side.on('error', () => finish('reset'));
  side.on('close', () => finish('rstCode' in side && side.rstCode !== 0 ? 'reset' : 'in order'));
  answer();
  return hearing;
}

class Pods {
  readonly hearings = new Map<number, Hearing>();
  readonly #plans: readonly Conversation[];

  constructor(plans: readonly Conversation[]) {
    this.#plans = plans;
  }

  takeStream(stream: ServerHttp2Stream, path: string): void {
    stream.respond({ ':status': 200 });
    this.#take(stream, path, Buffer.alloc(0));
  }

  takeSocket(socket: Socket): void {
    let head = Buffer.alloc(0);
    const onData = (piece: Buffer): void => {
      head = Buffer.concat([head, piece]);
      const end = head.indexOf('\r\n\r\n') + 4;
      if (end < 4) return;
      socket.off('data', onData);
      const text = head.toString('latin1', 0, end);
      socket.write(accepting(text));
      this.#take(socket, text.split(' ', 2)[1] ?? '', head.subarray(end));
    };
    socket.on('data', onData);
  }

  #take(side: Socket | ServerHttp2Stream, path: string, first: Buffer): void {
    const index = Number(path.slice(1));
    const plan = this.#plans[index];
    if (plan !== undefined) this.hearings.set(index, take(side, plan.pod, first));
  }
}

async function call(plane: LivePlane, index: number, plan: Conversation): Promise<Hearing> {
  const host = plan.http2Pod ? 'two' : 'one';
  if (plan.http2Caller) {
    const [caller] = up.callers;
    const stream = (caller ?? (await up.caller(plane))).open(
      host,
      { ...EXTENDED_CONNECT, ':path': `/${index}` },
      false,
    );
    const [answer] = await once(stream, 'response');
    expect(answer[':status']).toBe(200);
    return take(stream, plan.caller, Buffer.alloc(0));
  }
  const client = await plane.client();
  client.send(asking().replace('/chat', `/${index}`).replace('Host: web', `Host: ${host}`));
  expect((await client.answer()).status).toBe(101);
  // What its reader holds is read first.
  const first = await client.read(1);
  return take(client.socket, plan.caller, first);
}

/** What is wrong with what `listener` heard of `speaker`; '' = nothing. */
function problemOf(hearing: Hearing, speaker: Part, listener: Part): string {
  const { heard, end } = hearing;
  if (!speaker.bytes.subarray(0, heard.length).equals(heard)) return 'bytes that nobody said';
  if (!listener.ends) return '';
  const whole = heard.length === speaker.bytes.length;
  if (speaker.ends && !whole) return `${heard.length} of ${speaker.bytes.length} bytes (${end})`;
  return !speaker.ends && end === 'in order' ? 'half of it, taken for the whole' : '';
}

describe('an upgraded connection', () => {
  it(`shows each side a beginning of what the other said, all of it where that ended, and never a half as the whole (${CONVERSATIONS} of them)`, async () => {
    const random = seededRandom(SEED);
    const plans = Array.from({ length: CONVERSATIONS }, () => draw(random));
    const pods = new Pods(plans);
    const one = await up.pods.pod((socket) => pods.takeSocket(socket));
    const two = await up.http2Pod((stream, headers) => pods.takeStream(stream, String(headers[':path'])));
    const plane = await up.stage.plane({
      services: { one: [one], two: [two] },
      http2Services: ['two'],
      http: { upgrades: { websocket: true } },
    });
    for (const [index, plan] of plans.entries()) {
      const caller = await call(plane, index, plan);
      const context = `seed ${SEED}, conversation ${index}: ${describePlan(plan)}`;
      await until(
        `${context} is over`,
        () => caller.end !== '' && pods.hearings.get(index)?.end !== '' && plane.log.length === index + 1,
        () => [caller.end, caller.heard.length, pods.hearings.get(index)?.end, plane.log.length],
      );
      const pod = pods.hearings.get(index) as Hearing;
      expect([context, problemOf(caller, plan.pod, plan.caller)]).toEqual([context, '']);
      expect([context, problemOf(pod, plan.caller, plan.pod)]).toEqual([context, '']);
      const clean = plan.caller.ends && plan.pod.ends;
      expect([context, plane.log[index]?.flags === '']).toEqual([context, clean]);
    }
  });
});

function describePlan({ caller, pod, http2Caller, http2Pod }: Conversation): string {
  const how = (part: Part): string => `${part.bytes.length} bytes, ${part.ends ? 'ends' : 'resets'}`;
  return `caller of HTTP/${http2Caller ? 2 : 1} (${how(caller)}), pod of HTTP/${http2Pod ? 2 : 1} (${how(pod)})`;
}
