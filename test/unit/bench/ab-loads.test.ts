// What two builds can be compared in.
import { AB_LOADS } from '../../../bench/ab-loads.ts';

describe('AB_LOADS', () => {
  it('has the loads of HTTP/1.1 and of HTTP/2, each name once, and begins with the small one', () => {
    const names = AB_LOADS.map(({ workload }) => workload.name);
    expect(names[0]).toBe('small');
    expect(names).toEqual(expect.arrayContaining(['8x8', '32x1']));
    expect(new Set(names).size).toBe(names.length);
  });

  it('lets the Service say that it speaks HTTP/2 where the load does', () => {
    for (const { scenario, appProtocol } of AB_LOADS)
      expect(appProtocol).toBe(scenario.name === 'http2' ? 'kubernetes.io/h2c' : undefined);
  });
});
