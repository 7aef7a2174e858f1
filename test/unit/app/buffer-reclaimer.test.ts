// Dead read buffers are collected while bodies stream, well before V8 would collect the old generation for them.
import { BufferReclaimer } from '../../../src/app/buffer-reclaimer.ts';

const MIB = 1024 * 1024;

describe('reclaiming read buffers', () => {
  it('asks for a young collection once for each 4 MiB of bodies, and for nothing below', () => {
    const asked: string[] = [];
    const reclaimer = new BufferReclaimer(({ type }) => asked.push(type));
    for (let piece = 1; piece < 64; piece += 1) reclaimer.note(65_536);
    expect(asked).toEqual([]);
    reclaimer.note(65_536);
    expect(asked).toEqual(['minor']);
    for (let passed = 0; passed < 40 * MIB; passed += 65_536) reclaimer.note(65_536);
    expect(asked).toEqual(Array.from({ length: 11 }, () => 'minor'));
  });

  it('collects everything when it is told to', () => {
    const asked: string[] = [];
    new BufferReclaimer(({ type }) => asked.push(type)).reclaimAll();
    expect(asked).toEqual(['major']);
  });

  it('finds the collector of V8 by itself', () => {
    expect(() => new BufferReclaimer().note(4 * MIB)).not.toThrow();
  });
});
