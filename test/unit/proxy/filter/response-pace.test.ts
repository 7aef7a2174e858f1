// Promises of answers that are slowed down: how much goes in which slice, how much is kept, and when the end is told.
import { type PaceOwner, ResponsePace } from '../../../../src/proxy/filter/response-pace.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

class Caller implements PaceOwner {
  readonly text: string[] = [];
  flushes = 0;
  rooms = 0;
  end: string | null = null;

  onPacedData(bytes: Buffer, start: number, end: number): void {
    this.text.push(bytes.toString('latin1', start, end));
  }

  onResponseBatchEnd(): void {
    this.flushes += 1;
  }

  onPaceRoom(): void {
    this.rooms += 1;
  }

  onResponseEnd(trailers: string): void {
    this.end = trailers;
  }

  get length(): number {
    return this.text.join('').length;
  }
}

function paced(kibPerSecond: number) {
  const clock = new ManualClock();
  const caller = new Caller();
  return { clock, caller, pace: new ResponsePace(caller, clock, kibPerSecond) };
}

const bytes = (length: number, from = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => 97 + ((from + index) % 26)));

describe('an answer of 20 KiB a second', () => {
  it('has its first KiB passed on at once, and a further one every 50 ms, in order', () => {
    const { clock, caller, pace } = paced(20);
    const all = bytes(3_500);
    pace.add(all, 0, 1_500);
    pace.add(all, 1_500, 3_500);
    const seen = [caller.length];
    for (let slice = 0; slice < 3; slice += 1) {
      clock.advance(50);
      seen.push(caller.length);
    }
    expect(seen).toEqual([1_024, 2_048, 3_072, 3_500]);
    expect(caller.text.join('')).toBe(all.toString());
    expect(caller.flushes).toBe(4);
  });

  it('saves up one second while nothing comes, and no more', () => {
    const { clock, caller, pace } = paced(20);
    clock.advance(10_000);
    pace.add(bytes(50_000), 0, 50_000);
    expect(caller.length).toBe(20_480);
  });

  it('ends when all of it has gone, with its trailers', () => {
    const { clock, caller, pace } = paced(20);
    pace.add(bytes(1_500), 0, 1_500);
    expect(pace.holdsEnd('a: b\r\n')).toBe(true);
    expect(caller.end).toBeNull();
    clock.advance(50);
    expect([caller.length, caller.end]).toEqual([1_500, 'a: b\r\n']);
  });

  it('whose end comes when all of it has gone ends at once', () => {
    const { pace, caller } = paced(20);
    pace.add(bytes(10), 0, 10);
    expect([pace.holdsEnd(''), caller.end]).toEqual([false, null]);
  });

  it('takes 64 KiB, then nothing until there is room', () => {
    const { clock, caller, pace } = paced(20);
    expect(pace.add(bytes(65_536), 0, 65_536)).toBe(true);
    expect(pace.add(bytes(2_000), 0, 2_000)).toBe(false);
    expect([pace.full, caller.rooms]).toEqual([true, 0]);
    clock.advance(50);
    expect([pace.full, caller.rooms]).toEqual([false, 1]);
    clock.advance(50);
    expect(caller.rooms).toBe(1);
  });

  it('is forgotten when it is stopped: nothing comes after that, and no timer is left', () => {
    const { clock, caller, pace } = paced(20);
    pace.add(bytes(5_000), 0, 5_000);
    pace.stop();
    clock.advance(1_000);
    expect([caller.length, clock.pendingTimers]).toEqual([1_024, 0]);
  });
});

it('an answer of 1 KiB a second goes in slices of 51 bytes', () => {
  const { clock, caller, pace } = paced(1);
  pace.add(bytes(200), 0, 200);
  clock.advance(50);
  expect(caller.length).toBe(102);
});
