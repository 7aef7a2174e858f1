// Promises of what is learnt of destinations: who speaks first there, for ten minutes, of a thousand at most.
import { Detection } from '../../../../src/proxy/tcp/detection.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

const MINUTE_MS = 60_000;

describe('Detection', () => {
  it('remembers for ten minutes who spoke first, and begins anew when that is seen again', () => {
    const clock = new ManualClock();
    const detection = new Detection(clock);
    expect(detection.speakerOf('db')).toBeNull();
    detection.learn('db', 'server');
    clock.advance(9 * MINUTE_MS);
    expect(detection.speakerOf('db')).toBe('server');
    detection.learn('db', 'server');
    clock.advance(9 * MINUTE_MS);
    expect(detection.speakerOf('db')).toBe('server');
    clock.advance(MINUTE_MS);
    expect(detection.speakerOf('db')).toBeNull();
  });

  it('unlearns "server first" with one request of HTTP', () => {
    const detection = new Detection(new ManualClock());
    detection.learn('web', 'server');
    detection.learn('web', 'http');
    expect(detection.speakerOf('web')).toBe('http');
  });

  it('keeps the 1,000 destinations that were learnt last', () => {
    const detection = new Detection(new ManualClock());
    for (let i = 0; i < 1_000; i += 1) detection.learn(`d${i}`, 'server');
    detection.learn('d0', 'server');
    detection.learn('new', 'server');
    expect(detection.speakerOf('d0')).toBe('server');
    expect(detection.speakerOf('d1')).toBeNull();
    expect(detection.speakerOf('new')).toBe('server');
  });
});
