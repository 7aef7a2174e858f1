// The mark above which the sidecar refuses new work for lack of memory.
import { memoryMark, usedMemoryBytes } from '../../../src/app/memory-mark.ts';

const MACHINE = 8_000;

describe('the memory mark', () => {
  it.each([
    ['what is set, whatever the container may have', 700, 1_000, 700],
    ['nine tenths of what the container may have', 0, 1_000, 900],
    ['none where Node.js knows no limit', 0, undefined, 0],
    ['none where the limit is 0', 0, 0, 0],
    ['none where the limit is beyond the machine', 0, 2 ** 64, 0],
    ['none where the limit is the machine', 0, MACHINE, 0],
  ])('is %s', (_name, set, limit, mark) => {
    expect(memoryMark(set, limit, MACHINE)).toBe(mark);
  });
});

describe('the memory in use', () => {
  it('grows by what is held', () => {
    const before = usedMemoryBytes();
    const held = Buffer.alloc(64 * 1_048_576, 1);
    expect(usedMemoryBytes() - before).toBeGreaterThan(48 * 1_048_576);
    expect(held).toHaveLength(64 * 1_048_576);
  });
});
