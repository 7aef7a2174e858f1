// The table of a connection's open streams.
import fc from 'fast-check';
import { StreamTable } from '../../../../../src/proxy/codec/http2/stream-table.ts';

interface Numbered {
  id: number;
}

describe('StreamTable', () => {
  it('holds what a Map would, whatever the numbers', () => {
    const step = fc.record({ id: fc.nat({ max: 400 }).map((number) => number * 2 + 1), adds: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
        const table = new StreamTable<Numbered>();
        const model = new Map<number, Numbered>();
        for (const { id, adds } of steps) {
          const stream = { id };
          if (adds && !model.has(id)) {
            table.add(stream);
            model.set(id, stream);
          } else {
            expect(table.delete(id)).toBe(model.get(id));
            model.delete(id);
          }
          expect(table.get(id)).toBe(model.get(id));
        }
        expect(table.size).toBe(model.size);
        expect(new Set(table.values())).toEqual(new Set(model.values()));
      }),
      { seed: 3 },
    );
  });

  it('finds nobody under 0, which is no stream', () => {
    const table = new StreamTable<Numbered>();
    for (let id = 1; id < 400; id += 2) table.add({ id });
    expect([table.get(0), table.delete(0), table.size]).toEqual([undefined, undefined, 200]);
  });

  it('does not go on to streams that were taken out meanwhile', () => {
    const table = new StreamTable<Numbered>();
    for (let id = 1; id < 400; id += 2) table.add({ id });
    const seen: number[] = [];
    for (const { id } of table.values()) {
      seen.push(id);
      for (let other = 1; other < 400; other += 2) if (other !== 199) table.delete(other);
    }
    expect(seen).toEqual([1, 199]);
  });
});
