// Sends WebSocket messages and waits for their echo, as many at once as it is told; prints what it measured as one line of JSON.
import { connect, type Socket } from 'node:net';
import { frameAt, maskedFrame } from './websocket-frames.ts';

export interface WebSocketLoad {
  readonly port: number;
  readonly authority: string;
  readonly path: string;
  readonly connections: number;
  /** On each connection, before their echo has come. */
  readonly atOnce: number;
  readonly messageBytes: number;
  readonly seconds: number;
}

export interface WebSocketFigures {
  readonly messages: number;
  /** Payloads of the echoes. */
  readonly bytes: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly errors: number;
}

/** More round trips than that are counted but not timed. */
const MAX_TIMED = 4_000_000;

class Load {
  readonly #load: WebSocketLoad;
  readonly #frame: Buffer;
  readonly #timesUs = new Float32Array(MAX_TIMED);
  messages = 0;
  errors = 0;
  #over = false;

  constructor(load: WebSocketLoad) {
    this.#load = load;
    this.#frame = maskedFrame(load.messageBytes);
  }

  async run(): Promise<WebSocketFigures> {
    const sockets = Array.from({ length: this.#load.connections }, () => this.#open());
    await new Promise((resolve) => setTimeout(resolve, this.#load.seconds * 1_000));
    this.#over = true;
    for (const socket of sockets) socket.destroy();
    const timed = this.#timesUs.subarray(0, Math.min(this.messages, MAX_TIMED)).sort();
    const at = (share: number): number => timed[Math.floor(timed.length * share)] ?? Number.NaN;
    const { messages, errors } = this;
    const bytes = messages * this.#load.messageBytes;
    return { messages, bytes, p50Us: at(0.5), p99Us: at(0.99), p999Us: at(0.999), errors };
  }

  #open(): Socket {
    const { port, authority, path } = this.#load;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n';
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${key}\r\n`,
    );
    socket.on('error', () => {});
    socket.on('close', () => {
      if (!this.#over) this.errors += 1;
    });
    this.#listen(socket);
    return socket;
  }

  #listen(socket: Socket): void {
    const { atOnce } = this.#load;
    const sentAtUs = new Float64Array(atOnce);
    let sent = 0;
    let open = false;
    let held: Buffer | null = null;
    const send = (): void => {
      sentAtUs[sent % atOnce] = performance.now() * 1_000;
      sent += 1;
      socket.write(this.#frame);
    };
    let received = 0;
    socket.on('data', (piece: Buffer) => {
      let bytes = held === null ? piece : Buffer.concat([held, piece]);
      held = null;
      if (!open) {
        const end = bytes.indexOf('\r\n\r\n') + 4;
        if (end < 4) {
          held = bytes;
          return;
        }
        if (!bytes.toString('latin1', 0, end).startsWith('HTTP/1.1 101 ')) {
          socket.destroy();
          return;
        }
        open = true;
        bytes = bytes.subarray(end);
        for (let i = 0; i < atOnce; i += 1) send();
      }
      let at = 0;
      const nowUs = performance.now() * 1_000;
      for (let frame = frameAt(bytes, at); frame !== null; frame = frameAt(bytes, at)) {
        if (this.messages < MAX_TIMED) this.#timesUs[this.messages] = nowUs - (sentAtUs[received % atOnce] as number);
        received += 1;
        this.messages += 1;
        at = frame.end;
        send();
      }
      if (at < bytes.length) held = bytes.subarray(at);
    });
  }
}

const figures = await new Load(JSON.parse(process.argv[2] ?? '{}')).run();
console.log(JSON.stringify(figures));
