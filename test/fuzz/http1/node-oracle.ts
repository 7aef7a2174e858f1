// The same bytes as Node's own HTTP parser (llhttp, strict) understands them, over connections in memory.
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Traffic, WireEnd } from './memory-wire.ts';
import type { Message } from './read-messages.ts';

/** Turns of the event loop without any movement after which nothing will move any more. */
const QUIET_TURNS = 4;

class Collected {
  readonly #start: string;
  readonly #message: IncomingMessage;
  readonly #data: Buffer[] = [];

  constructor(start: string, message: IncomingMessage) {
    this.#start = start;
    this.#message = message;
    message.on('data', (bytes: Buffer) => this.#data.push(bytes));
    message.on('error', () => undefined);
  }

  get message(): Message {
    return {
      start: this.#start,
      fields: this.#message.rawHeaders,
      body: Buffer.concat(this.#data).toString('latin1'),
      trailers: this.#message.rawTrailers,
      complete: this.#message.complete,
    };
  }
}

/** What one of Node's parsers has heard so far. */
export interface Hearing {
  readonly messages: readonly Message[];
}

/** Node's server, which answers every complete request with an empty 200. */
export class NodeServer {
  readonly #server: Server = createServer();
  readonly #heard = new WeakMap<Duplex, Collected[]>();

  constructor() {
    this.#server.on('request', (message: IncomingMessage, response: ServerResponse) => {
      this.#collect(message);
      message.on('end', () => response.end());
    });
    this.#server.on('connect', (message: IncomingMessage) => this.#collect(message));
    this.#server.on('clientError', (_error, socket) => socket.destroy());
  }

  /** Reads the requests that come on `wire`. */
  listen(wire: WireEnd): Hearing {
    const collected: Collected[] = [];
    this.#heard.set(wire, collected);
    this.#server.emit('connection', wire);
    return hearingOf(collected);
  }

  #collect(message: IncomingMessage): void {
    this.#heard.get(message.socket)?.push(new Collected(`${message.method} ${message.url}`, message));
  }
}

/** Node's client, which asks for `/` with `method` and reads the answer that comes on `wire`. */
export function askOn(wire: WireEnd, method: string): Hearing {
  const collected: Collected[] = [];
  const client = request({ method, createConnection: () => wire.asSocket(), host: 'svc' });
  const collect = (message: IncomingMessage): void => {
    collected.push(new Collected(String(message.statusCode), message));
  };
  client.on('response', collect);
  client.on('upgrade', collect);
  client.on('connect', collect);
  client.on('error', () => undefined);
  client.end();
  return hearingOf(collected);
}

/** Every request that Node's server hears in `text` (latin1). */
export async function nodeRequests(server: NodeServer, text: string): Promise<readonly Message[]> {
  const traffic: Traffic = { events: 0 };
  const [ours, theirs] = WireEnd.pair(traffic);
  ours.resume();
  const hearing = server.listen(theirs);
  await say(ours, traffic, [text]);
  return hearing.messages;
}

/** The response that Node's client hears in `text` to a request of `method`; none when it refuses it. */
export async function nodeResponse(text: string, method: string): Promise<readonly Message[]> {
  const traffic: Traffic = { events: 0 };
  const [ours, theirs] = WireEnd.pair(traffic);
  ours.resume();
  const hearing = askOn(theirs, method);
  await nextTurn();
  await say(ours, traffic, [text]);
  return hearing.messages;
}

/** Sends `pieces`, each in a turn of its own, waits until nothing moves any more, ends, and waits again. */
export async function say(wire: WireEnd, traffic: Traffic, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (!wire.destroyed) wire.write(piece, 'latin1');
    await nextTurn();
  }
  await quiet(traffic);
  wire.end();
  await quiet(traffic);
  wire.destroy();
}

export async function quiet(traffic: Traffic): Promise<void> {
  let seen = -1;
  for (let turns = 0; turns < QUIET_TURNS; turns += 1) {
    if (traffic.events !== seen) turns = 0;
    seen = traffic.events;
    await nextTurn();
  }
}

function hearingOf(collected: readonly Collected[]): Hearing {
  return {
    get messages() {
      return collected.map((one) => one.message);
    },
  };
}
