// Node's parser as the oracle: what we accept, Node accepts and understands alike. What Node accepts we may refuse, never the other way round.
import { METHODS } from 'node:http';
import { seededRandom } from '../../../../../src/base/random.ts';
import { REQUESTS, RESPONSES, spoil } from './mutations.ts';
import { nodeRequests, nodeResponse } from './node-oracle.ts';
import { type Message, type Reading, readRequests, readResponse } from './read-messages.ts';

/** Change it to explore; a failure names it. */
const SEED = 1;
const BATCH = 100;

function knownMethod(message: Message): boolean {
  return METHODS.includes(message.start.split(' ')[0] ?? '');
}

/** Why `theirs` is not what we made of the bytes; '' when it is. */
function difference(ours: Message, theirs: Message | undefined): string {
  if (theirs === undefined) return `Node refuses ${ours.start}`;
  if (ours.start !== theirs.start) return `start: ${ours.start} | ${theirs.start}`;
  if (ours.fields.join('\n') !== theirs.fields.join('\n')) return `fields: ${ours.fields} | ${theirs.fields}`;
  if (!ours.complete) return theirs.complete ? 'Node finds the end of the body, we do not' : '';
  if (!theirs.complete) return 'Node does not find the end of the body';
  if (ours.body !== theirs.body) return `body: ${ours.body} | ${theirs.body}`;
  return ours.trailers.join('\n') === theirs.trailers.join('\n')
    ? ''
    : `trailers: ${ours.trailers} | ${theirs.trailers}`;
}

interface Tally {
  readonly differences: string[];
  accepted: number;
  refused: number;
}

/** What a refusal in the body leaves open is no message of ours. */
function accepted(reading: Reading): readonly Message[] {
  const { messages, refusal } = reading;
  return refusal !== '' && messages.at(-1)?.complete === false ? messages.slice(0, -1) : messages;
}

function compare(text: string, reading: Reading, theirs: readonly Message[], tally: Tally): void {
  const ours = accepted(reading);
  if (reading.refusal === '') tally.accepted += 1;
  else tally.refused += 1;
  for (const [index, message] of ours.entries()) {
    const found = difference(message, theirs[index]);
    if (found !== '') tally.differences.push(`seed ${SEED}: ${found}\n  in ${JSON.stringify(text)}`);
  }
}

describe("Node's parser as an oracle", () => {
  it('understands every request that we accept as we do, in 15000 spoilt ones', async () => {
    const random = seededRandom(SEED);
    const tally: Tally = { differences: [], accepted: 0, refused: 0 };
    for (let done = 0; done < 15_000; done += BATCH) {
      const texts = Array.from({ length: BATCH }, () => spoil(REQUESTS, random));
      const theirs = await Promise.all(texts.map(nodeRequests));
      for (const [index, text] of texts.entries()) {
        const reading = readRequests(text);
        // Node knows a list of methods, RFC 9110 only says what a method looks like.
        if (reading.messages.every(knownMethod)) compare(text, reading, theirs[index] ?? [], tally);
      }
    }
    expect(tally.differences.slice(0, 5).join('\n')).toBe('');
    expect(tally.accepted).toBeGreaterThan(1000);
    expect(tally.refused).toBeGreaterThan(1000);
  });

  it('understands every response that we accept as we do, in 10000 spoilt ones', async () => {
    const random = seededRandom(SEED);
    const tally: Tally = { differences: [], accepted: 0, refused: 0 };
    for (let done = 0; done < 10_000; done += BATCH) {
      const cases = Array.from({ length: BATCH }, (_, i) => ({
        text: spoil(RESPONSES, random),
        method: i % 4 === 0 ? 'HEAD' : 'GET',
      }));
      const theirs = await Promise.all(cases.map(({ text, method }) => nodeResponse(text, method)));
      for (const [index, { text, method }] of cases.entries()) {
        compare(text, readResponse(text, method), theirs[index] ?? [], tally);
      }
    }
    expect(tally.differences.slice(0, 5).join('\n')).toBe('');
    expect(tally.accepted).toBeGreaterThan(800);
    expect(tally.refused).toBeGreaterThan(800);
  });
});
