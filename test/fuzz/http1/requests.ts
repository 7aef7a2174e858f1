// Requests: what we read in them, and what a pod reads behind us, against what Node reads in the same bytes.
import { METHODS } from 'node:http';
import { randomBelow } from '../../../src/base/random.ts';
import type { Fuzzer, Verdict } from '../fuzzer.ts';
import { composeRequest } from './compose.ts';
import { cut } from './cut.ts';
import { difference, differenceBehindProxy } from './difference.ts';
import { connectThroughProxy } from './in-memory-proxy.ts';
import type { Traffic } from './memory-wire.ts';
import { REQUESTS, spoil } from './mutations.ts';
import { type Hearing, NodeServer, nodeRequests, say } from './node-oracle.ts';
import { type Message, type Reading, readRequests } from './read-messages.ts';
import { SMUGGLED_REQUESTS } from './smuggling-cases.ts';

const SMUGGLED = SMUGGLED_REQUESTS.map(([, text]) => text);
const NODE = new NodeServer();

export const http1Requests: Fuzzer = {
  name: 'http1-requests',
  promise: 'what we accept and what we forward, Node reads alike in the bytes that came',
  shortRun: 7_000,
  generate(random) {
    const kind = randomBelow(random, 8);
    if (kind < 2) return composeRequest(random) + (kind === 0 ? composeRequest(random) : '');
    if (kind < 4) return spoil([composeRequest(random)], random);
    return spoil(kind < 6 ? REQUESTS : SMUGGLED, random);
  },
  check: checkRequests,
};

async function checkRequests(text: string): Promise<Verdict> {
  const reading = readRequests(text);
  const accepted = reading.messages.some((message) => message.complete);
  // Node knows a list of methods, RFC 9110 only says what a method looks like.
  if (!reading.messages.every(hasKnownMethod)) return { accepted, problem: '' };
  const [heard, forwarded] = await Promise.all([nodeRequests(NODE, text), forward(text)]);
  const problem =
    problemOfReading(reading, heard) || problemOfForwarding(heard, forwarded) || problemOfLoss(reading, forwarded);
  return { accepted, problem };
}

function hasKnownMethod(message: Message): boolean {
  return METHODS.includes(message.start.split(' ')[0] ?? '');
}

/** What a refusal in the body leaves open is no message of ours. */
export function problemOfReading({ messages, refusal }: Reading, heard: readonly Message[]): string {
  const ours = refusal !== '' && messages.at(-1)?.complete === false ? messages.slice(0, -1) : messages;
  for (const [index, message] of ours.entries()) {
    const found = difference(message, heard[index]);
    if (found !== '') return `message ${index} read otherwise: ${found}`;
    if (asksForUpgrade(message)) return '';
  }
  return '';
}

/** Requests that the pod has got, in order. */
async function forward(text: string): Promise<readonly Message[]> {
  const traffic: Traffic = { events: 0 };
  const upstreams: Hearing[] = [];
  const { caller, close } = connectThroughProxy(traffic, (end) => upstreams.push(NODE.listen(end)));
  caller.resume();
  await say(caller, traffic, cut(text));
  const messages = upstreams.flatMap((hearing) => hearing.messages);
  close();
  return messages;
}

/** Some may have been answered by the proxy itself: the others stand in what was heard in front of it, in that order. */
function problemOfForwarding(heard: readonly Message[], forwarded: readonly Message[]): string {
  let next = 0;
  for (const message of forwarded) {
    let found = 'Node hears no such request';
    while (next < heard.length && found !== '') {
      const sent = heard[next] as Message;
      next += 1;
      if (sent.start.startsWith('CONNECT ')) return '';
      found = differenceBehindProxy(asForwarded(sent), withoutOurs(message));
      if (found === '' && asksForUpgrade(sent)) return '';
    }
    if (found !== '') return `forwarded otherwise: ${found}`;
  }
  return '';
}

/** What follows is of another protocol for Node, in HTTP/1.0 too, against RFC 9110 section 7.8; we do not switch, and go on with HTTP. */
function asksForUpgrade({ fields }: Message): boolean {
  const names = fields.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : ''));
  const options = fields.filter((_, at) => at % 2 === 1 && names[at - 1] === 'connection').join();
  return names.includes('upgrade') && options.toLowerCase().includes('upgrade');
}

/** What was accepted is answered, and nobody but the pod can answer it; a tunnel is the one thing that this proxy has no route for. */
function problemOfLoss({ messages }: Reading, forwarded: readonly Message[]): string {
  const owed = messages.filter(({ complete, start }) => complete && !start.startsWith('CONNECT ')).length;
  return forwarded.length >= owed ? '' : `accepted ${owed} requests, forwarded ${forwarded.length}`;
}

/** The request that a proxy owes the pod: path for an absolute target, whose authority takes the place of Host (RFC 9112 section 3.2.2). */
function asForwarded(message: Message): Message {
  const [method = '', target = ''] = message.start.split(' ');
  const match = /^http:\/\/([^/?]*)(.*)$/is.exec(target);
  if (match === null) return withHostFirst(message, null);
  const rest = match[2] ?? '';
  const path = rest === '' ? (method === 'OPTIONS' ? '*' : '/') : rest.startsWith('/') ? rest : `/${rest}`;
  return withHostFirst({ ...message, start: `${method} ${path}` }, match[1] ?? '');
}

/** Host may stand elsewhere behind the proxy, and is empty where nobody named one (RFC 9112 section 3.2). */
function withHostFirst(message: Message, authority: string | null): Message {
  const others: string[] = [];
  let host = authority;
  for (let at = 0; at < message.fields.length; at += 2) {
    const name = message.fields[at] ?? '';
    const value = message.fields[at + 1] ?? '';
    if (name.toLowerCase() !== 'host') others.push(name, value);
    else host ??= value;
  }
  return { ...message, fields: ['host', host ?? '', ...others] };
}

/** Without the request id that the proxy has made. */
function withoutOurs(message: Message): Message {
  const { fields } = message;
  const made = fields.at(-2) === 'x-request-id' && fields.at(-1) === 'made';
  return withHostFirst({ ...message, fields: made ? fields.slice(0, -2) : fields }, null);
}
