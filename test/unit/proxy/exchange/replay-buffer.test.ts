// What of a request body is kept to be sent again, and what that may cost.
import { ReplayBuffer } from '../../../../src/proxy/exchange/replay-buffer.ts';

const LIMIT = 1_000;

function filled(...texts: readonly string[]): ReplayBuffer {
  const buffer = new ReplayBuffer(LIMIT);
  for (const text of texts) {
    const bytes = Buffer.from(`<${text}>`);
    buffer.add(bytes, 1, bytes.length - 1);
  }
  return buffer;
}

function textOf(buffer: ReplayBuffer): string {
  return Buffer.concat([...buffer.pieces]).toString();
}

describe('the replay buffer', () => {
  it.each<readonly [string, readonly string[]]>([
    ['nothing', []],
    ['one piece', ['a']],
    ['several', ['one ', 'two ', 'three']],
    ['as much as the limit', ['x'.repeat(LIMIT)]],
    ['a thousand pieces of one byte', Array.from({ length: LIMIT }, (_, index) => 'abcdefg'[index % 7] ?? '')],
  ])('keeps %s, in order', (_what, texts) => {
    const buffer = filled(...texts);
    expect(textOf(buffer)).toBe(texts.join(''));
    expect([buffer.whole, buffer.bytes]).toEqual([true, texts.join('').length]);
    expect(buffer.pieces.length).toBeLessThanOrEqual(65);
  });

  it('keeps a megabyte of single bytes in 192 pieces, each of which is copied once', () => {
    const bytes = Buffer.alloc(1_048_576, 'abcdefg');
    const buffer = new ReplayBuffer(bytes.length);
    for (let at = 0; at < bytes.length; at += 1) buffer.add(bytes, at, at + 1);
    expect(buffer.pieces).toHaveLength(192);
    expect(Buffer.concat([...buffer.pieces]).equals(bytes)).toBe(true);
  });

  it('keeps large pieces behind small ones as they are, in order', () => {
    const buffer = new ReplayBuffer(1_000_000);
    const texts = Array.from({ length: 500 }, (_, index) => `${index},`.repeat(index % 50 === 49 ? 300 : 1));
    for (const text of texts) buffer.add(Buffer.from(text), 0, text.length);
    expect(textOf(buffer)).toBe(texts.join(''));
  });

  it('keeps more than the limit as long as nobody takes it, and forgets it when somebody does', () => {
    const buffer = new ReplayBuffer(10);
    buffer.keepAll();
    buffer.add(Buffer.from('far more than ten bytes'), 0, 23);
    expect([buffer.whole, textOf(buffer)]).toEqual([true, 'far more than ten bytes']);
    buffer.limit();
    expect([buffer.whole, buffer.pieces.length]).toEqual([false, 0]);
  });

  it('forgets everything with the first byte beyond the limit, and takes nothing more', () => {
    const buffer = filled('x'.repeat(LIMIT), 'y', 'z');
    expect([buffer.whole, buffer.pieces.length]).toEqual([false, 0]);
  });

  it('forgets everything when no retry will come', () => {
    const buffer = filled('kept');
    buffer.drop();
    buffer.add(Buffer.from('more'), 0, 4);
    expect([buffer.whole, buffer.pieces.length]).toEqual([false, 0]);
  });

  it.each(['whole', 'dropped', 'too large'])('begins anew for the next request, after one that was %s', (how) => {
    const buffer = filled(how === 'too large' ? 'x'.repeat(LIMIT + 1) : 'one');
    if (how === 'dropped') buffer.drop();
    buffer.complete = true;
    buffer.trailers = 'a: b\r\n';
    buffer.reset();
    buffer.add(Buffer.from('two'), 0, 3);
    expect([textOf(buffer), buffer.bytes, buffer.whole, buffer.complete, buffer.trailers]).toEqual([
      'two',
      3,
      true,
      false,
      '',
    ]);
  });
});
