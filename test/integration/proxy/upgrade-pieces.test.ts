// Promises of upgrades however the bytes are cut: 40 conversations from a seed, each with its own pieces, lengths and order of ends.
import type { Socket } from 'node:net';
import { type Random, randomBelow, seededRandom } from '../../../src/base/random.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { turns } from '../../support/until.ts';
import { asking, switching, upgradePlane } from '../../support/upgrades.ts';

const CONVERSATIONS = 40;
const SEED = 20_261_121;

const stage = new Stage();
const pods = new TcpPods();
afterEach(async () => {
  await stage.close();
  pods.close();
});

/** Of any byte value, sometimes none, sometimes more than a socket takes at once. */
function payload(random: Random): Buffer {
  const length = randomBelow(random, 4) === 0 ? randomBelow(random, 200_000) : randomBelow(random, 40);
  // Of a length that no buffer size is a multiple of: lost or repeated pieces shift it.
  const pattern = Buffer.from(Array.from({ length: 97 }, () => randomBelow(random, 256)));
  return Buffer.alloc(length, pattern);
}

/** In up to six pieces, with up to three turns of the event loop between them. */
async function say(socket: Socket, bytes: Buffer, random: Random): Promise<void> {
  const cuts = Array.from({ length: randomBelow(random, 6) }, () => randomBelow(random, bytes.length + 1));
  const bounds = [0, ...cuts, bytes.length].sort((a, b) => a - b);
  for (const [index, end] of bounds.entries()) {
    if (index > 0) socket.write(bytes.subarray(bounds[index - 1], end));
    await turns(randomBelow(random, 4));
  }
}

describe('an upgrade', () => {
  it(`carries every byte of both sides in ${CONVERSATIONS} conversations, however they are cut`, async () => {
    const random = seededRandom(SEED);
    const answers: { readonly bytes: Buffer; readonly heard: Buffer[] }[] = [];
    const pod = await pods.pod((socket) => {
      const own = { bytes: payload(random), heard: [] as Buffer[] };
      answers.push(own);
      let told = false;
      socket.on('data', (piece: Buffer) => {
        own.heard.push(piece);
        if (told || !Buffer.concat(own.heard).includes('\r\n\r\n')) return;
        told = true;
        void say(socket, Buffer.concat([Buffer.from(switching()), own.bytes]), random).then(() => socket.end());
      });
    });
    const plane = await upgradePlane(stage, [pod]);
    for (let index = 0; index < CONVERSATIONS; index += 1) {
      const bytes = payload(random);
      const client = await plane.client();
      const said = say(client.socket, Buffer.concat([Buffer.from(asking()), bytes]), random);
      // Before that it would have left.
      expect((await client.answer()).status).toBe(101);
      void said.then(() => client.end());
      const answer = Buffer.from(await client.rest(), 'latin1');
      await plane.logged(index);
      const own = answers[index];
      const context = `seed ${SEED}, conversation ${index}`;
      expect([context, own?.bytes.equals(answer)]).toEqual([context, true]);
      const heard = Buffer.concat(own?.heard ?? []);
      const body = heard.subarray(heard.indexOf('\r\n\r\n') + 4);
      expect([context, body.equals(bytes)]).toEqual([context, true]);
      expect(plane.log[index]).toMatchObject({ status: 101, flags: '', bytesReceived: bytes.length });
    }
  });
});
