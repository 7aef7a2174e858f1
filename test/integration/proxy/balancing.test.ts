// Promises of load balancing that need real requests: what algorithms learn from them.
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named, type Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Who answers so many requests of one caller, one after the other. */
async function ask(plane: LivePlane, requests: number): Promise<Record<string, number>> {
  const client = await plane.client();
  const counts: Record<string, number> = {};
  for (let i = 0; i < requests; i += 1) {
    const { status, text } = await client.ask(get('web'));
    const who = status === 200 ? (text.split(' ')[0] ?? '') : String(status);
    counts[who] = (counts[who] ?? 0) + 1;
  }
  return counts;
}

describe('peak EWMA', () => {
  it('sends 60 requests to the pod that answers in 5 ms, but for the few that show it that the other takes 400', async () => {
    const clock = new ManualClock();
    const takes =
      (name: string, ms: number): Script =>
      (request, connection) => {
        clock.advance(ms);
        return named(name)(request, connection);
      };
    const quick = await stage.backend(takes('quick', 5));
    const slow = await stage.backend(takes('slow', 400));
    const services = { web: [quick, slow] };
    const plane = await stage.plane({ services, clock, cluster: { loadBalancer: 'peak-ewma' } });
    const counts = await ask(plane, 60);
    expect(counts['slow'] ?? 0).toBeLessThanOrEqual(2);
    expect((counts['quick'] ?? 0) + (counts['slow'] ?? 0)).toBe(60);
  });

  it('does not take a pod for quick because it answers 503 at once', async () => {
    const clock = new ManualClock();
    const broken = await stage.backend((_request, connection) => connection.answer(503, 'not me'));
    const good = await stage.backend((request, connection) => {
      clock.advance(20);
      return named('good')(request, connection);
    });
    const services = { web: [broken, good] };
    const plane = await stage.plane({ services, clock, cluster: { loadBalancer: 'peak-ewma' } });
    await ask(plane, 40);
    expect(broken.requests.length).toBeLessThanOrEqual(2);
  });

  it('measures nothing where the algorithm does not ask for it', async () => {
    const pod = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [pod] } });
    await ask(plane, 1);
    expect(plane.endpoint('web', pod)?.latency).toBeNull();
  });
});

describe('pick first', () => {
  it('stays with the second pod when the first refuses connections, without asking the first again', async () => {
    const refusing = await stage.refusing();
    const good = await stage.backend(named('good'));
    const services = { web: [refusing, good] };
    const plane = await stage.plane({ services, cluster: { loadBalancer: 'pick-first' } });
    expect(await ask(plane, 5)).toEqual({ good: 5 });
    expect(plane.endpoint('web', refusing)?.connectFailures).toBe(1);
  });
});
