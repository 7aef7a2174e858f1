// The same bytes as Node's own HTTP parser understands them, over connections in memory.
import { type ClientRequest, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Message } from './read-messages.ts';

/** Turns of the event loop after which Node has done all that it will do with bytes that have come. */
const TURNS = 4;

/** A connection whose other end says what the test says and listens to nothing. */
class Wire extends Duplex {
  override _read(): void {}

  override _write(_chunk: Buffer, _encoding: string, done: () => void): void {
    done();
  }
}

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

/** Every request that Node's server hears in `text` (latin1). */
export async function nodeRequests(text: string): Promise<readonly Message[]> {
  const collected: Collected[] = [];
  const collect = (message: IncomingMessage): void => {
    collected.push(new Collected(`${message.method} ${message.url}`, message));
  };
  const server = createServer();
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    collect(message);
    message.on('end', () => response.end());
  });
  server.on('connect', collect);
  server.on('clientError', (_error, socket) => socket.destroy());
  const wire = new Wire();
  wire.on('error', () => undefined);
  server.emit('connection', wire);
  await say(wire, text);
  return collected.map((one) => one.message);
}

/** The response that Node's client hears in `text` to a request of `method`; none when it refuses it. */
export async function nodeResponse(text: string, method: string): Promise<readonly Message[]> {
  const collected: Collected[] = [];
  const wire = new Wire();
  wire.on('error', () => undefined);
  const client: ClientRequest = request({ method, createConnection: () => wire, host: 'a' });
  const collect = (message: IncomingMessage): void => {
    collected.push(new Collected(String(message.statusCode), message));
  };
  client.on('response', collect);
  client.on('upgrade', collect);
  client.on('connect', collect);
  client.on('error', () => undefined);
  client.end();
  await nextTurn();
  await say(wire, text);
  return collected.map((one) => one.message);
}

async function say(wire: Wire, text: string): Promise<void> {
  wire.push(Buffer.from(text, 'latin1'));
  for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  wire.push(null);
  for (let turn = 0; turn < TURNS; turn += 1) await nextTurn();
  wire.destroy();
}
