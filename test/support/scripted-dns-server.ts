// A DNS server on a UDP port of loopback that answers what the test says. Format: RFC 1035 section 4.
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';

export interface ScriptedRecord {
  /** An IP literal of the family that is asked for. */
  readonly address: string;
  readonly ttlSeconds: number;
}

const TYPES: Readonly<Record<number, string>> = { 1: 'A', 28: 'AAAA' };
const HEADER_BYTES = 12;
const NXDOMAIN = 3;

export class ScriptedDnsServer {
  readonly #socket: Socket;
  /** By `name type`, e.g. `a.example A`; what is not here does not exist (NXDOMAIN). */
  readonly records = new Map<string, readonly ScriptedRecord[]>();
  /** `name type`, oldest first. */
  readonly asked: string[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, { port, address }) => socket.send(this.#answer(query), port, address));
  }

  static async start(): Promise<ScriptedDnsServer> {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new ScriptedDnsServer(socket);
  }

  /** `host:port`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }

  #answer(query: Buffer): Buffer {
    const labels: string[] = [];
    let at = HEADER_BYTES;
    for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
      labels.push(query.toString('latin1', at + 1, at + 1 + length));
      at += 1 + length;
    }
    const type = query.readUInt16BE(at + 1);
    const key = `${labels.join('.').toLowerCase()} ${TYPES[type] ?? type}`;
    this.asked.push(key);
    const records = this.records.get(key);
    const header = Buffer.alloc(HEADER_BYTES);
    header.writeUInt16BE(query.readUInt16BE(0), 0);
    // A response with recursion, to one question.
    header.writeUInt16BE(0x8180 | (records === undefined ? NXDOMAIN : 0), 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(records?.length ?? 0, 6);
    const question = query.subarray(HEADER_BYTES, at + 5);
    return Buffer.concat([header, question, ...(records ?? []).map((record) => encodeRecord(type, record))]);
  }
}

function encodeRecord(type: number, { address, ttlSeconds }: ScriptedRecord): Buffer {
  const data = encodeAddress(address);
  const fixed = Buffer.alloc(12);
  // The name is that of the question.
  fixed.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  fixed.writeUInt16BE(type, 2);
  fixed.writeUInt16BE(1, 4);
  fixed.writeUInt32BE(ttlSeconds, 6);
  fixed.writeUInt16BE(data.length, 10);
  return Buffer.concat([fixed, data]);
}

/** IPv6 without `::`. */
function encodeAddress(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(
    address
      .split(':')
      .map((group) => group.padStart(4, '0'))
      .join(''),
    'hex',
  );
}
