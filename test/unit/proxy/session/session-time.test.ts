// When sessions are over, and when their tokens are renewed: never too early, at most one step too late, and the same for everybody.
import fc from 'fast-check';
import { isDue, isOver, restOf, type SessionTimes, usedUntil } from '../../../../src/proxy/session/session-time.ts';

const NOW = 1_790_000_000_000;
const token = (usedUntilMs: number, bornAtS = NOW / 1_000) => ({ podId: 'p', bornAtS, salt: 's', usedUntilMs });
const idle = (idleTimeoutMs: number, lifetimeMs = 0): SessionTimes => ({ lifetimeMs, idleTimeoutMs });

describe('what a token says of its use', () => {
  it.each([
    [160_000, 10_000],
    [16_000_000, 60_000],
    [1_000, 62],
    [1, 1],
  ])('is said in steps of a sixteenth of %i ms and a minute at most', (idleMs, stepMs) => {
    const said = usedUntil(idle(idleMs), NOW);
    expect(said).toBe((Math.floor(NOW / stepMs) + 1) * stepMs);
    expect(usedUntil(idle(idleMs), said - 1)).toBe(said);
    expect(usedUntil(idle(idleMs), said)).toBe(said + stepMs);
  });

  it('is nothing where sessions may rest as long as they like', () => {
    expect(usedUntil({ lifetimeMs: 0 }, NOW)).toBe(0);
    expect(isDue(token(0), { lifetimeMs: 0 }, NOW)).toBe(false);
  });

  it('is said again when that time has come, and where it was never said', () => {
    expect(isDue(token(NOW + 1), idle(1_000), NOW)).toBe(false);
    expect(isDue(token(NOW), idle(1_000), NOW)).toBe(true);
    expect(isDue(token(0), idle(1_000), NOW)).toBe(true);
  });
});

describe('a session', () => {
  const times = fc.integer({ min: 1, max: 86_400_000 });

  it('that was used within its idle time is never over', () => {
    fc.assert(
      fc.property(times, fc.nat(10_000_000), fc.double({ min: 0, max: 1, noNaN: true }), (idleMs, offset, part) => {
        const used = NOW + offset;
        const rest = Math.floor(part * idleMs);
        expect(isOver(token(usedUntil(idle(idleMs), used)), idle(idleMs), used + rest)).toBe(false);
      }),
    );
  });

  it('that has rested for a step more than its idle time is over', () => {
    fc.assert(
      fc.property(times, fc.nat(10_000_000), (idleMs, offset) => {
        const used = NOW + offset;
        const stepMs = Math.max(1, Math.min(60_000, idleMs / 16));
        expect(isOver(token(usedUntil(idle(idleMs), used)), idle(idleMs), used + idleMs + stepMs)).toBe(true);
      }),
    );
  });

  it('that never said when it was used is not over, but by its lifetime', () => {
    expect(isOver(token(0), idle(1_000), NOW + 100_000)).toBe(false);
    expect(isOver(token(0), idle(1_000, 60_000), NOW + 60_000)).toBe(true);
    expect(isOver(token(0), idle(1_000, 60_000), NOW + 59_999)).toBe(false);
  });

  it('has what is left of its lifetime, 1 ms at least, or no end', () => {
    expect(restOf(token(0), idle(1_000, 60_000), NOW + 20_000)).toBe(40_000);
    expect(restOf(token(0), idle(1_000, 60_000), NOW + 70_000)).toBe(1);
    expect(restOf(token(0), idle(1_000), NOW)).toBe(0);
  });
});
