// Responses: what we read in them, and what a caller reads behind us, against what Node reads in the same bytes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Random, randomBelow } from '../../../src/base/random.ts';
import type { Fuzzer, Verdict } from '../fuzzer.ts';
import { composeResponse } from './compose.ts';
import { cut } from './cut.ts';
import { differenceBehindProxy } from './difference.ts';
import { connectThroughProxy } from './in-memory-proxy.ts';
import type { Traffic, WireEnd } from './memory-wire.ts';
import { RESPONSES, spoil } from './mutations.ts';
import { askOn, nodeResponse, quiet } from './node-oracle.ts';
import { type Message, readResponse } from './read-messages.ts';
import { problemOfReading } from './requests.ts';
import { SMUGGLED_RESPONSES } from './smuggling-cases.ts';

const SMUGGLED = SMUGGLED_RESPONSES.map(([, text]) => text);

/** The method of the request decides whether its response has a body. */
export function http1Responses(method: 'GET' | 'HEAD'): Fuzzer {
  return {
    name: `http1-responses-to-${method.toLowerCase()}`,
    promise: `what we accept and what we forward in answer to ${method}, Node reads alike in the bytes that came`,
    shortRun: 7_000,
    generate,
    check: (text) => checkResponse(text, method),
  };
}

function generate(random: Random): string {
  const kind = randomBelow(random, 8);
  if (kind < 2) return composeResponse(random);
  if (kind < 4) return spoil([composeResponse(random)], random);
  return spoil(kind < 7 ? RESPONSES : SMUGGLED, random);
}

async function checkResponse(text: string, method: string): Promise<Verdict> {
  const reading = readResponse(text, method);
  const [heard, forwarded] = await Promise.all([nodeResponse(text, method), answerThrough(text, method)]);
  const problem = problemOfReading(reading, heard) || problemOfForwarding(heard[0], forwarded);
  return { accepted: reading.messages.some((message) => message.complete), problem };
}

/** What the caller hears when the pod says `text`. */
async function answerThrough(text: string, method: string): Promise<Message | undefined> {
  const traffic: Traffic = { events: 0 };
  const pods: WireEnd[] = [];
  const { caller, close } = connectThroughProxy(traffic, (end) => {
    pods.push(end);
    end.resume();
  });
  const hearing = askOn(caller, method);
  await quiet(traffic);
  for (const piece of cut(text)) {
    if (pods[0]?.destroyed === false) pods[0].write(piece, 'latin1');
    await nextTurn();
  }
  await quiet(traffic);
  if (pods[0]?.destroyed === false) pods[0].end();
  await quiet(traffic);
  const message = hearing.messages[0];
  close();
  return message;
}

function problemOfForwarding(sent: Message | undefined, forwarded: Message | undefined): string {
  // Refused by us.
  if (forwarded === undefined || forwarded.fields.includes('x-switchboard-error')) return '';
  if (sent === undefined) return `forwarded ${forwarded.start}, which Node refuses`;
  const found = differenceBehindProxy(withoutLengthOfNothing(sent), withoutLengthOfNothing(forwarded));
  return found === '' ? '' : `forwarded otherwise: ${found}`;
}

/** A length where there is no content must not be sent (RFC 9110 section 8.6), so that a proxy leaves it out. */
function withoutLengthOfNothing(message: Message): Message {
  if (message.start !== '204') return message;
  const isLength = (at: number): boolean => message.fields[at - (at % 2)]?.toLowerCase() === 'content-length';
  return { ...message, fields: message.fields.filter((_, at) => !isLength(at)) };
}
