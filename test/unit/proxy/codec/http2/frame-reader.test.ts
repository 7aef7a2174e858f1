// What the reader makes of frames, however their bytes are cut, and which it refuses.
import fc from 'fast-check';
import {
  ENHANCE_YOUR_CALM,
  FRAME_SIZE_ERROR,
  nameOfErrorCode,
  PROTOCOL_ERROR,
} from '../../../../../src/proxy/codec/http2/error-code.ts';
import {
  CONTINUATION,
  DATA,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../../../../../src/proxy/codec/http2/frame.ts';
import { FrameReader, type FrameSink } from '../../../../../src/proxy/codec/http2/frame-reader.ts';
import { frame } from './frames.ts';

/** Writes down what it is told; pieces of DATA that follow each other are one entry. */
class Notes implements FrameSink {
  readonly lines: string[] = [];
  #data: { stream: number; text: string; flow: number } | null = null;

  onData(stream: number, bytes: Buffer, start: number, end: number, flowBytes: number, endStream: boolean): void {
    this.#data ??= { stream, text: '', flow: 0 };
    this.#data.text += bytes.toString('latin1', start, end);
    this.#data.flow += flowBytes;
    if (!endStream) return;
    this.settle();
    this.lines.push(`end ${stream}`);
  }

  onHeaders(stream: number, bytes: Buffer, start: number, end: number, endStream: boolean, self: boolean): void {
    this.#note(
      `headers ${stream} ${bytes.toString('latin1', start, end)}${endStream ? ' end' : ''}${self ? ' self' : ''}`,
    );
  }

  onHeadersBegun(): void {
    this.#note('headers begun');
  }

  onPriority(stream: number): void {
    this.#note(`priority ${stream}`);
  }

  onReset(stream: number, code: number): void {
    this.#note(`reset ${stream} ${code}`);
  }

  onSettings(bytes: Buffer, start: number, end: number): void {
    this.#note(`settings ${bytes.toString('hex', start, end)}`);
  }

  onSettingsAck(): void {
    this.#note('settings ack');
  }

  onPing(bytes: Buffer, start: number, ack: boolean): void {
    this.#note(`ping ${bytes.toString('latin1', start, start + 8)}${ack ? ' ack' : ''}`);
  }

  onGoAway(lastStream: number, code: number): void {
    this.#note(`goaway ${lastStream} ${code}`);
  }

  onWindowUpdate(stream: number, increment: number): void {
    this.#note(`window ${stream} ${increment}`);
  }

  onUnknown(): void {
    this.#note('unknown');
  }

  onStreamError(stream: number, code: number): void {
    this.#note(`stream error ${stream} ${nameOfErrorCode(code)}`);
  }

  onConnectionError(code: number): void {
    this.#note(`error ${nameOfErrorCode(code)}`);
  }

  settle(): void {
    if (this.#data !== null) this.lines.push(`data ${this.#data.stream} ${this.#data.text} ${this.#data.flow}`);
    this.#data = null;
  }

  #note(line: string): void {
    this.settle();
    this.lines.push(line);
  }
}

/** What comes of `bytes` that arrive in pieces cut behind each of `cuts`. */
function notesOf(bytes: Buffer, cuts: readonly number[], maxBlockBytes = 1_000): readonly string[] {
  const notes = new Notes();
  const reader = new FrameReader(notes, maxBlockBytes);
  const ends = [...new Set([...cuts, bytes.length])].sort((a, b) => a - b);
  for (const [index, end] of ends.entries()) reader.read(Buffer.from(bytes.subarray(ends[index - 1] ?? 0, end)), 0);
  notes.settle();
  return notes.lines;
}

const text = (value: string): Buffer => Buffer.from(value, 'latin1');

const SESSION = Buffer.concat([
  frame(SETTINGS, 0, 0, '0003 00000064'),
  frame(SETTINGS, 1, 0),
  frame(HEADERS, 4, 1, text('block')),
  frame(DATA, 0, 1, text('hello')),
  frame(DATA, 9, 1, Buffer.concat([Buffer.from([3]), text('padded'), Buffer.alloc(3)])),
  frame(HEADERS, 0x2d, 3, Buffer.concat([Buffer.from([2, 0, 0, 0, 1, 16]), text('more'), Buffer.alloc(2)])),
  frame(HEADERS, 1, 5, text('in ')),
  frame(CONTINUATION, 0, 5, text('three ')),
  frame(CONTINUATION, 4, 5, text('parts')),
  frame(0xbe, 0xff, 7, text('nobody knows this type')),
  frame(PRIORITY, 0, 9, '00000001 10'),
  frame(RST_STREAM, 0, 3, '00000008'),
  frame(PING, 0, 0, text('pingpong')),
  frame(WINDOW_UPDATE, 0, 0, '00000010'),
  frame(WINDOW_UPDATE, 0, 1, '80000001'),
  frame(DATA, 9, 7, Buffer.from([0])),
  frame(GOAWAY, 0, 0, Buffer.concat([Buffer.from('0000000500000000', 'hex'), text('bye')])),
]);

const TOLD = [
  'settings 000300000064',
  'settings ack',
  'headers 1 block',
  'data 1 hellopadded 15',
  'end 1',
  'headers 3 more end',
  'headers begun',
  'headers 5 in three parts end',
  'unknown',
  'priority 9',
  'reset 3 8',
  'ping pingpong',
  'window 0 16',
  'window 1 1',
  'data 7  1',
  'end 7',
  'goaway 5 0',
];

describe('frames', () => {
  it('are told in order', () => {
    expect(notesOf(SESSION, [])).toEqual(TOLD);
  });

  it('are the same wherever their bytes are cut once', () => {
    for (let cut = 1; cut < SESSION.length; cut += 1) expect(notesOf(SESSION, [cut])).toEqual(TOLD);
  });

  it('are the same byte by byte', () => {
    expect(notesOf(SESSION, Array.from(SESSION.keys()))).toEqual(TOLD);
  });

  it('are the same in 500 other ways to cut them', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: SESSION.length - 1 }), { maxLength: 20 });
    fc.assert(
      fc.property(cuts, (at) => expect(notesOf(SESSION, at)).toEqual(TOLD)),
      { numRuns: 500 },
    );
  });
});

describe('the connection is refused', () => {
  const protocol = nameOfErrorCode(PROTOCOL_ERROR);
  const size = nameOfErrorCode(FRAME_SIZE_ERROR);
  it.each([
    ['a frame of 16,385 bytes', frame(DATA, 0, 1, Buffer.alloc(16_385)), size],
    ['DATA on stream 0', frame(DATA, 0, 0, text('x')), protocol],
    ['HEADERS on stream 0', frame(HEADERS, 4, 0, text('x')), protocol],
    ['PRIORITY on stream 0', frame(PRIORITY, 0, 0, '00000000 10'), protocol],
    ['RST_STREAM on stream 0', frame(RST_STREAM, 0, 0, '00000000'), protocol],
    ['SETTINGS on a stream', frame(SETTINGS, 0, 1), protocol],
    ['PING on a stream', frame(PING, 0, 1, Buffer.alloc(8)), protocol],
    ['GOAWAY on a stream', frame(GOAWAY, 0, 1, Buffer.alloc(8)), protocol],
    ['PUSH_PROMISE', frame(PUSH_PROMISE, 4, 1, '00000002'), protocol],
    ['RST_STREAM of 3 bytes', frame(RST_STREAM, 0, 1, '000000'), size],
    ['SETTINGS of 5 bytes', frame(SETTINGS, 0, 0, '0000000000'), size],
    ['an acknowledgement of SETTINGS with settings', frame(SETTINGS, 1, 0, '000300000001'), size],
    ['PING of 7 bytes', frame(PING, 0, 0, Buffer.alloc(7)), size],
    ['GOAWAY of 7 bytes', frame(GOAWAY, 0, 0, Buffer.alloc(7)), size],
    ['WINDOW_UPDATE of 5 bytes', frame(WINDOW_UPDATE, 0, 1, Buffer.alloc(5)), size],
    ['WINDOW_UPDATE by 0 on stream 0', frame(WINDOW_UPDATE, 0, 0, '00000000'), protocol],
    ['padding longer than DATA', frame(DATA, 8, 1, '05 00 00 00 00'), protocol],
    ['padded DATA without a padding length', frame(DATA, 8, 1), protocol],
    ['padding longer than HEADERS', frame(HEADERS, 0xc, 1, '05 82 00'), protocol],
    ['HEADERS without room for its priority', frame(HEADERS, 0x24, 1, '00000000'), protocol],
    ['CONTINUATION without HEADERS', frame(CONTINUATION, 4, 1), protocol],
    ['DATA within a header block', Buffer.concat([frame(HEADERS, 0, 1), frame(DATA, 0, 1)]), protocol],
    ['PING within a header block', Buffer.concat([frame(HEADERS, 0, 1), frame(PING, 0, 0, Buffer.alloc(8))]), protocol],
    ['an unknown frame within a header block', Buffer.concat([frame(HEADERS, 0, 1), frame(0xbe, 0, 0)]), protocol],
    ['CONTINUATION of another stream', Buffer.concat([frame(HEADERS, 0, 1), frame(CONTINUATION, 4, 3)]), protocol],
  ])('for %s', (_what, bytes, code) => {
    const after = frame(PING, 0, 0, Buffer.alloc(8));
    for (const cuts of [[], Array.from(bytes.keys())]) {
      expect(notesOf(Buffer.concat([bytes, after]), cuts).filter((line) => line !== 'headers begun')).toEqual([
        `error ${code}`,
      ]);
    }
  });

  it('for a header block of more than its limit, and for one of more than 32 frames, though they are empty', () => {
    const calm = `error ${nameOfErrorCode(ENHANCE_YOUR_CALM)}`;
    const large = Buffer.concat([
      frame(HEADERS, 0, 1, Buffer.alloc(900)),
      frame(CONTINUATION, 0, 1, Buffer.alloc(101)),
    ]);
    expect(notesOf(large, [])).toEqual(['headers begun', calm]);
    const many = Buffer.concat([frame(HEADERS, 0, 1), ...Array.from({ length: 40 }, () => frame(CONTINUATION, 0, 1))]);
    expect(notesOf(many, [])).toEqual(['headers begun', calm]);
  });
});

describe('the stream is refused', () => {
  it.each([
    ['PRIORITY of 4 bytes', frame(PRIORITY, 0, 3, '00000000'), 'stream error 3 FRAME_SIZE_ERROR'],
    ['PRIORITY on itself', frame(PRIORITY, 0, 3, '80000003 10'), 'stream error 3 PROTOCOL_ERROR'],
    ['WINDOW_UPDATE by 0', frame(WINDOW_UPDATE, 0, 3, '80000000'), 'stream error 3 PROTOCOL_ERROR'],
    ['HEADERS that depend on themselves', frame(HEADERS, 0x24, 3, '00000003 10'), 'headers 3  self'],
  ])('for %s, and the connection goes on', (_what, bytes, line) => {
    expect(notesOf(Buffer.concat([bytes, frame(SETTINGS, 1, 0)]), [])).toEqual([line, 'settings ack']);
  });
});
