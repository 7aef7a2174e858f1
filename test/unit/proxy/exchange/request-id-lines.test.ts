// New ids for requests that have none.
import { randomFillSync } from 'node:crypto';
import { idIn, RequestIdLines } from '../../../../src/proxy/exchange/request-id-lines.ts';

describe('RequestIdLines', () => {
  it('says a UUID of version 4 in each line', () => {
    const lines = new RequestIdLines((bytes) => randomFillSync(bytes));
    for (let count = 0; count < 300; count += 1) {
      const line = lines.next();
      expect(line).toBe(`x-request-id: ${idIn(line)}\r\n`);
      expect(idIn(line)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });

  it('says none twice in 10,000 lines, over all its batches', () => {
    const lines = new RequestIdLines((bytes) => randomFillSync(bytes));
    const seen = new Set(Array.from({ length: 10_000 }, () => lines.next()));
    expect(seen.size).toBe(10_000);
  });

  it('takes every bit but the six of version and variant from its source', () => {
    const ones = new RequestIdLines((bytes) => bytes.fill(0xff));
    const zeros = new RequestIdLines((bytes) => bytes.fill(0));
    expect(idIn(ones.next())).toBe('ffffffff-ffff-4fff-bfff-ffffffffffff');
    expect(idIn(zeros.next())).toBe('00000000-0000-4000-8000-000000000000');
  });
});
