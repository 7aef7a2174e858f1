// The retry storm that is none: all pods fail at once, and come back at once.
import { fine, type Trouble, TroubledMesh } from '../../support/troubled-mesh.ts';

const PER_SECOND = 100;
const FIVE = [fine, fine, fine, fine, fine];

let mesh: TroubledMesh | null = null;
afterEach(async () => {
  await mesh?.close();
  mesh = null;
});

describe.each<[string, Trouble]>([
  ['answer 503', () => 503],
  ['reset every connection', () => 'reset'],
])('five pods that all %s for 20 s, at 100 requests a second', (_, trouble) => {
  it('get at most 1.25 attempts a request, stay in, and serve at once when they are well again', async () => {
    mesh = await TroubledMesh.start('', FIVE);
    const before = await mesh.run('GET', PER_SECOND, 10);
    expect([before.errorPercent, before.attempts]).toEqual([0, before.requests]);
    mesh.trouble = trouble;
    const storm = await mesh.run('GET', PER_SECOND, 20);
    process.stdout.write(`All pods fail: ${(storm.attempts / storm.requests).toFixed(3)} attempts a request\n`);
    expect(storm.errorPercent).toBe(100);
    expect(storm.attempts / storm.requests).toBeLessThanOrEqual(1.25);
    expect(mesh.stat('outlier_detection.ejections_active')).toBe(0);
    expect(mesh.stat('membership_healthy')).toBe(5);
    mesh.trouble = fine;
    const after = await mesh.run('GET', PER_SECOND, 2);
    expect([after.errorPercent, after.attempts]).toEqual([0, after.requests]);
  }, 60_000);
});
