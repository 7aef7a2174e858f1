// The same header blocks through ours and through nghttp2, the library inside node:http2: both mean the same fields.
import { connect, createServer, type Http2Session, type ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import { HpackEncoder } from '../../../../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { BlockReader, type FieldPair, write } from './blocks.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEADERS = 1;
const END_STREAM_AND_HEADERS = 5;
const PSEUDO: readonly FieldPair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'svc'],
];

/** One end of a wire whose other end is the test. */
class Wire extends Duplex {
  readonly chunks: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(Buffer.from(chunk));
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.chunks.push(Buffer.from(chunk));
    done();
  }
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Payloads of the HEADERS frames; none of them is continued in these tests. */
function blocksOf(bytes: Buffer): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = PREFACE.length; at < bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    if (bytes[at + 3] === HEADERS) blocks.push(bytes.subarray(at + 9, at + 9 + length));
    at += 9 + length;
  }
  return blocks;
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
}

const sessions: Http2Session[] = [];
afterEach(() => {
  for (const session of sessions.splice(0)) session.destroy();
});

/** What nghttp2 encodes for lists of fields, sent one after the other on one connection. */
async function encodedByNghttp2(lists: readonly (readonly FieldPair[])[]): Promise<Buffer[]> {
  const wire = new Wire();
  const session = connect('http://svc', { createConnection: () => wire });
  sessions.push(session);
  session.on('error', () => {});
  wire.push(frame(4, 0, 0, Buffer.alloc(0)));
  await settled();
  for (const list of lists) {
    const stream = session.request(Object.fromEntries(list), { endStream: true });
    stream.on('error', () => {});
  }
  await settled();
  return blocksOf(Buffer.concat(wire.chunks));
}

/** What nghttp2 decodes of blocks that arrive one after the other on one connection. */
async function decodedByNghttp2(blocks: readonly Buffer[]): Promise<(readonly FieldPair[])[]> {
  const wire = new Wire();
  const decoded: (readonly FieldPair[])[] = [];
  const server = createServer({ strictFieldWhitespaceValidation: false });
  server.on('session', (session) => {
    sessions.push(session);
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, raw: readonly string[]) => {
    stream.on('error', () => {});
    decoded.push(raw.flatMap((text, at) => (at % 2 === 0 ? [[text, raw[at + 1] ?? ''] as const] : [])));
    stream.respond({ ':status': 200 }, { endStream: true });
  });
  server.emit('connection', wire);
  const frames = blocks.map((block, index) => frame(HEADERS, END_STREAM_AND_HEADERS, index * 2 + 1, block));
  wire.push(Buffer.concat([Buffer.from(PREFACE), frame(4, 0, 0, Buffer.alloc(0)), ...frames]));
  await settled();
  return decoded;
}

const name = fc.stringMatching(/^x-[a-z0-9-]{1,16}$/);
const value = fc.stringMatching(/^[\x21-\x7e]{1,40}$/);
const list = fc
  .uniqueArray(
    fc.tuple(fc.oneof(fc.constantFrom('user-agent', 'accept', 'cookie', 'x-b3-traceid', 'authorization'), name), value),
    {
      maxLength: 15,
      selector: ([key]) => key,
    },
  )
  .map((pairs): readonly FieldPair[] => [...PSEUDO, [':path', '/'], ...pairs]);
const lists = fc.array(list, { minLength: 1, maxLength: 8 });

describe('blocks that nghttp2 encodes', () => {
  it('mean the same to us, over the requests of 60 connections', async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (sent) => {
        const blocks = await encodedByNghttp2(sent);
        const reader = new BlockReader();
        expect(blocks.length).toBe(sent.length);
        for (const [index, block] of blocks.entries()) expect(sorted(reader.read(block))).toEqual(sorted(sent[index]));
      }),
      { numRuns: 60 },
    );
  });

  it('are read for each octet that a value may have, so the Huffman tables are one', async () => {
    const octets = Array.from({ length: 0x7f - 0x21 }, (_, index) => String.fromCharCode(0x21 + index));
    const sent = octets.map((octet): readonly FieldPair[] => [
      ...PSEUDO,
      [':path', '/'],
      ['x-octet', `aaaaaaaaaaaaaaaa${octet}`],
    ]);
    const blocks = await encodedByNghttp2(sent);
    const reader = new BlockReader();
    expect(blocks.map((block) => reader.read(block)?.at(-1)?.[1])).toEqual(
      octets.map((octet) => `aaaaaaaaaaaaaaaa${octet}`),
    );
  });
});

describe('blocks that we encode', () => {
  it('mean the same to nghttp2, over the requests of 60 connections', async () => {
    await fc.assert(
      fc.asyncProperty(lists, async (sent) => {
        const encoder = new HpackEncoder();
        const twice = [...sent, ...sent];
        const decoded = await decodedByNghttp2(twice.map((pairs) => write(encoder, pairs)));
        expect(decoded).toEqual(twice);
      }),
      { numRuns: 60 },
    );
  });

  it('mean the same for every octet from 0x80 to 0xFF, coded', async () => {
    const octets = Array.from({ length: 128 }, (_, index) => String.fromCharCode(0x80 + index));
    const pairs = octets.map((octet): readonly FieldPair[] => [
      ...PSEUDO,
      [':path', '/'],
      ['x-octet', `${'a'.repeat(40)}${octet}`],
    ]);
    const encoder = new HpackEncoder();
    const decoded = await decodedByNghttp2([...pairs, ...pairs].map((list) => write(encoder, list)));
    const values = decoded.map((fields) =>
      Buffer.from(fields.at(-1)?.[1] ?? '', 'latin1')
        .toString('latin1')
        .at(-1),
    );
    expect(values).toEqual([...octets, ...octets]);
  });
});

describe('blocks that were spoilt', () => {
  const spoilt = fc.tuple(
    lists,
    fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
  );

  it('never make ours hang, throw, or keep more than 4,096 bytes', () => {
    fc.assert(
      fc.property(spoilt, ([sent, changes]) => {
        const encoder = new HpackEncoder();
        const reader = new BlockReader(4_096);
        for (const pairs of sent) {
          const block = write(encoder, pairs);
          for (const [at, byte] of changes) block[at % block.length] = byte;
          if (reader.read(block) === null) break;
          expect(reader.decoder.table.size).toBeLessThanOrEqual(4_096);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('are refused by both or read alike by both', async () => {
    await fc.assert(
      fc.asyncProperty(spoilt, async ([sent, changes]) => {
        const block = write(new HpackEncoder(), sent[0] ?? []);
        for (const [at, byte] of changes) block[at % block.length] = byte;
        const theirs = (await decodedByNghttp2([block]))[0];
        const ours = new BlockReader().read(block);
        // nghttp2 also refuses fields that are no HTTP, and drops some: what it shows, we have read.
        if (theirs !== undefined) expect(ours).toEqual(expect.arrayContaining([...theirs]));
      }),
      { numRuns: 150 },
    );
  });
});

/** node:http2 puts what it sends in its own order. */
function sorted(pairs: readonly FieldPair[] | null | undefined): readonly FieldPair[] {
  return [...(pairs ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
}
