// How a micro bench is timed, on a clock of its own.
import { measure } from '../../../bench/micro/micro-bench.ts';

describe('measure', () => {
  it('finds the time of one operation, whatever number of iterations that takes', () => {
    let nowMs = 0;
    const bench = {
      name: '250 ns',
      run(iterations: number): void {
        nowMs += iterations * 250e-6;
      },
    };
    const result = measure(bench, () => nowMs);
    expect(result.nsPerOperation).toBeCloseTo(250, 3);
    expect(result.spread).toBeCloseTo(0, 6);
  });

  it('shows the spread between samples', () => {
    let nowMs = 0;
    let call = 0;
    const bench = {
      name: 'unsteady',
      run(iterations: number): void {
        nowMs += iterations * (call++ % 2 === 0 ? 100e-6 : 120e-6);
      },
    };
    expect(measure(bench, () => nowMs).spread).toBeGreaterThan(0.05);
  });
});
