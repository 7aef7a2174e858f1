// Promises of simulated time: everything in order, nothing early, nothing of what was cancelled.
import fc from 'fast-check';
import { type Due, EventHeap } from '../../../src/simulate/event-heap.ts';
import { VirtualClock } from '../../../src/simulate/virtual-clock.ts';

describe('event heap', () => {
  it('gives out what was added by time, and of two at the same time the one that was added first', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 20 })), (times) => {
        const heap = new EventHeap();
        const dues = times.map((atMs, order): Due => ({ atMs, order, onDue: () => {} }));
        for (const due of dues) heap.add(due);
        const taken: Due[] = [];
        for (let due = heap.take(); due !== null; due = heap.take()) taken.push(due);
        expect(taken).toEqual(dues.sort((left, right) => left.atMs - right.atMs || left.order - right.order));
        expect(heap.size).toBe(0);
      }),
    );
  });
});

describe('virtual clock', () => {
  it('runs what is due in order, each at its own time', () => {
    const clock = new VirtualClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`second ${clock.now()}`));
    clock.after(5, () => {
      seen.push(`first ${clock.now()}`);
      clock.after(5, () => seen.push(`from within ${clock.now()}`));
    });
    clock.after(100, () => seen.push('later'));
    clock.runUntil(50);
    expect(seen).toEqual(['first 5', 'from within 10', 'second 20']);
    expect(clock.now()).toBe(50);
  });

  it('repeats what is to be repeated until it is cancelled', () => {
    const clock = new VirtualClock();
    const seen: number[] = [];
    const cancel = clock.every(10, () => {
      seen.push(clock.now());
      if (seen.length === 3) cancel();
    });
    clock.runUntil(1_000);
    expect(seen).toEqual([10, 20, 30]);
  });

  it('does not run what was cancelled', () => {
    const clock = new VirtualClock();
    let runs = 0;
    clock.after(10, () => {
      runs += 1;
    })();
    clock.runUntil(20);
    expect(runs).toBe(0);
  });
});
