// Promises of sessions by token on real sockets: they stay while their pod serves, and move once when it is gone.
import type { SessionSpec } from '../../../src/model/session-spec.ts';
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named } from '../../support/scripted-backend.ts';
import {
  COOKIE,
  HEADER,
  podsOf,
  type SessionPod,
  Shopper,
  sessionScene,
  without,
} from '../../support/session-scene.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

describe.each([
  ['a cookie', COOKIE, ''],
  ['a header', HEADER, 'x-cart'],
])('a session in %s', (_what, session, header) => {
  it('begins with the first answer, which says so, and stays with its pod', async () => {
    const { plane } = await sessionScene(stage, 3, session);
    const shopper = new Shopper(plane, header);
    const first = await shopper.ask();
    expect(shopper.told).toBe('new');
    for (let i = 0; i < 6; i += 1) {
      expect(await shopper.ask()).toBe(first);
      expect(shopper.told).toBeUndefined();
      expect(shopper.last?.get('set-cookie') ?? shopper.last?.get('x-cart')).toBeUndefined();
    }
    expect(plane.stat('cluster.web.session_begun')).toBe(1);
    expect(plane.stat('cluster.web.session_kept')).toBe(6);
  });

  it('stays with a pod that goes away while it still serves, which new sessions do not choose', async () => {
    const { plane, pods } = await sessionScene(stage, 3, session);
    const shopper = new Shopper(plane, header);
    const home = await shopper.ask();
    plane.setEndpoints(
      'web',
      pods.map((pod) => (pod.name === home ? { ...pod, health: 'draining' as const } : pod)),
    );
    for (let i = 0; i < 4; i += 1) expect(await shopper.ask()).toBe(home);
    for (let i = 0; i < 6; i += 1) expect(await new Shopper(plane, header).ask()).not.toBe(home);
  });

  it('moves once when its pod is gone, and says so', async () => {
    const { plane, pods } = await sessionScene(stage, 4, session);
    const shopper = new Shopper(plane, header);
    const home = await shopper.ask();
    const old = shopper.token;
    plane.setEndpoints('web', without(pods, home));
    const next = await shopper.ask();
    expect(next).not.toBe(home);
    expect(shopper.told).toBe('moved');
    expect(shopper.token).not.toBe(old);
    for (let i = 0; i < 4; i += 1) expect([await shopper.ask(), shopper.told]).toEqual([next, undefined]);
    expect(plane.stat('cluster.web.session_moved')).toBe(1);
  });
});

describe('sessions whose pod is gone', () => {
  it('go to the same pod for all who hold the token, in another sidecar too, and get the same new token', async () => {
    const { plane, pods } = await sessionScene(stage, 5, COOKIE);
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    const other = await stage.plane({
      services: { web: without(pods, home).toReversed() },
      action: { session: COOKIE },
    });
    plane.setEndpoints('web', without(pods, home));
    const parallel = Array.from({ length: 6 }, (_, index) => {
      const one = new Shopper(index % 2 === 0 ? plane : other);
      one.token = shopper.token;
      return one;
    });
    const answers = await Promise.all(parallel.map((one) => one.ask()));
    expect(new Set(answers).size).toBe(1);
    expect(new Set(parallel.map(({ token }) => token)).size).toBe(1);
  });

  it('spread over the pods that are left, also those that began in the same second', async () => {
    const { plane, pods } = await sessionScene(stage, 3, COOKIE, { clock: new ManualClock() });
    const shoppers = Array.from({ length: 60 }, () => new Shopper(plane));
    for (const shopper of shoppers) await shopper.ask();
    plane.setEndpoints('web', without(pods, 'a'));
    const counts = { b: 0, c: 0, moved: 0 };
    for (const shopper of shoppers) {
      const who = (await shopper.ask()) as 'b' | 'c';
      if (shopper.told === 'moved') {
        counts[who] += 1;
        counts.moved += 1;
      }
    }
    expect(counts.moved).toBe(20);
    expect(Math.min(counts.b, counts.c)).toBeGreaterThanOrEqual(4);
  });

  it('go to pods that stay before those that a rollout is about to replace', async () => {
    const { plane, pods } = await sessionScene(stage, 4, COOKIE);
    const shoppers = Array.from({ length: 12 }, () => new Shopper(plane));
    for (const shopper of shoppers) await shopper.ask();
    const staying = without(pods, 'a').map((pod) => (pod.name === 'd' ? pod : { ...pod, leaving: true as const }));
    plane.setEndpoints('web', staying);
    for (const shopper of shoppers) {
      const who = await shopper.ask();
      if (shopper.told === 'moved') expect(who).toBe('d');
    }
    expect(plane.stat('cluster.web.session_moved')).toBe(3);
  });

  it('end where they may not move: 503 that says so and takes the cookie back; the next one begins anew', async () => {
    const { plane, pods } = await sessionScene(stage, 2, { ...COOKIE, onLoss: 'fail' });
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    plane.setEndpoints('web', without(pods, home));
    expect(await shopper.ask()).toBe('503');
    expect(shopper.last?.get('x-switchboard-error')).toBe('UH session_lost');
    expect(shopper.last?.text).toContain('its pod is gone');
    expect(shopper.token).toBe('');
    expect(shopper.last?.get('set-cookie')).toContain('Max-Age=0');
    expect(await shopper.ask()).not.toBe(home);
    expect(shopper.told).toBe('new');
    expect(plane.stat('cluster.web.session_lost')).toBe(1);
  });

  it('follow the hash policies of their route where that is asked for', async () => {
    const session: SessionSpec = { ...COOKIE, onLoss: 'hash' };
    const hashPolicies = [{ kind: 'query-parameter', name: 'user' } as const];
    const action = { session, hashPolicies };
    const { plane, pods } = await sessionScene(stage, 5, session, { action, cluster: { loadBalancer: 'maglev' } });
    const phone = new Shopper(plane);
    const laptop = new Shopper(plane);
    const home = await phone.ask('/?user=ann');
    expect(await laptop.ask('/?user=ann')).toBe(home);
    plane.setEndpoints('web', without(pods, home));
    expect(await phone.ask('/?user=ann')).toBe(await laptop.ask('/?user=ann'));
    expect([phone.told, laptop.told]).toEqual(['moved', 'moved']);
  });
});

describe('a session whose pod is there and cannot take the request', () => {
  it('stays: another pod answers for it, says so, and is the one that it would move to', async () => {
    const { plane, pods } = await sessionScene(stage, 4, COOKIE);
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    const token = shopper.token;
    const sick = pods.find(({ name }) => name === home) as SessionPod;
    sick.backend.script = (_request, connection) => connection.reset();
    const helper = await shopper.ask();
    expect(helper).not.toBe(home);
    expect(shopper.told).toBe('away');
    expect(shopper.token).toBe(token);
    sick.backend.script = named(home);
    expect(await shopper.ask()).toBe(home);
    plane.setEndpoints('web', without(pods, home));
    expect(await shopper.ask()).toBe(helper);
    expect(shopper.told).toBe('moved');
    expect(plane.stat('cluster.web.session_away')).toBe(1);
  });

  it('has not moved yet where its new pod fails and a third one answers: it moves when the new one is well', async () => {
    const { plane, pods } = await sessionScene(stage, 4, COOKIE);
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    const { token } = shopper;
    plane.setEndpoints('web', without(pods, home));
    const scout = new Shopper(plane);
    scout.token = token;
    const destined = await scout.ask();
    const sick = pods.find(({ name }) => name === destined) as SessionPod;
    sick.backend.script = (_request, connection) => connection.reset();
    expect([home, destined]).not.toContain(await shopper.ask());
    expect([shopper.told, shopper.token]).toEqual(['away', token]);
    sick.backend.script = named(destined);
    expect(await shopper.ask()).toBe(destined);
    expect([shopper.told, shopper.token]).toEqual(['moved', scout.token]);
  });

  it('is tried again at its own pod and at no other where it may not move', async () => {
    const { plane, pods } = await sessionScene(stage, 3, { ...COOKIE, onLoss: 'fail' });
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    const sick = pods.find(({ name }) => name === home) as SessionPod;
    let resets = 1;
    sick.backend.script = (request, connection) => {
      if (resets === 0) named(home)(request, connection);
      else connection.reset();
      resets -= 1;
    };
    expect(await shopper.ask()).toBe(home);
    expect(sick.backend.requests).toHaveLength(3);
  });

  it('does not begin with an answer that is an error', async () => {
    const { plane, pods } = await sessionScene(stage, 1, COOKIE);
    const [pod] = pods;
    if (pod !== undefined) pod.backend.script = (_request, connection) => connection.answer(500, 'no');
    const shopper = new Shopper(plane);
    expect(await shopper.ask()).toBe('500');
    expect([shopper.token, shopper.told]).toEqual(['', undefined]);
  });
});

describe('a session whose pod nobody here knows, while nobody tells of new pods', () => {
  const stale = async (session: SessionSpec) => {
    const pods = await podsOf(stage, 4);
    const other = await stage.plane({ services: { web: pods }, action: { session } });
    const known = without(pods, 'd');
    const away = { control: true };
    const plane = await stage.plane({ services: { web: known }, action: { session }, isCurrent: () => !away.control });
    const shopper = new Shopper(other);
    while ((await shopper.ask()) !== 'd') shopper.token = '';
    const here = new Shopper(plane);
    here.token = shopper.token;
    return { shopper, here, plane, away };
  };

  it('stays: another pod answers for it, the same every time, and says so', async () => {
    const { shopper, here, plane } = await stale(COOKIE);
    const helper = await here.ask();
    for (let i = 0; i < 4; i += 1) expect([await here.ask(), here.told]).toEqual([helper, 'away']);
    expect(here.token).toBe(shopper.token);
    expect(plane.stat('cluster.web.session_away')).toBe(5);
  });

  it('moves there as soon as the control plane is back and has not told of its pod', async () => {
    const { here, away } = await stale(COOKIE);
    const helper = await here.ask();
    away.control = false;
    expect([await here.ask(), here.told]).toEqual([helper, 'moved']);
  });

  it('is not taken back where it may not move: 503 that says why, and the token counts elsewhere', async () => {
    const { shopper, here } = await stale({ ...COOKIE, onLoss: 'fail' });
    expect(await here.ask()).toBe('503');
    expect(here.last?.get('x-switchboard-error')).toBe('UH session_lost');
    expect(here.last?.text).toContain('while the control plane is away nobody tells of new ones');
    expect(here.last?.get('set-cookie')).toBeUndefined();
    expect(await shopper.ask()).toBe('d');
  });
});

describe('what belongs to no session', () => {
  it('is a request for another path than that of the cookie', async () => {
    const session: SessionSpec = { ...COOKIE, carrier: { kind: 'cookie', name: 'cart', ttlMs: 0, path: '/shop' } };
    const { plane } = await sessionScene(stage, 2, session);
    const shopper = new Shopper(plane);
    await shopper.ask('/shopping');
    expect([shopper.token, shopper.told]).toEqual(['', undefined]);
    await shopper.ask('/shop?x');
    expect(shopper.told).toBe('new');
    expect(shopper.last?.get('set-cookie')).toMatch(/^cart="1[^"]{32}"; Path=\/shop; HttpOnly$/);
  });

  it('is a token that nobody here has made: a new session begins', async () => {
    const { plane } = await sessionScene(stage, 2, COOKIE);
    const shopper = new Shopper(plane);
    shopper.token = 'x'.repeat(4_000);
    expect(await shopper.ask()).toMatch(/^[ab]$/);
    expect(shopper.told).toBe('new');
  });
});

describe('a session among weighted clusters', () => {
  it('moves to one pod for all who hold its token, in whichever cluster that is, through any sidecar', async () => {
    const pods = await podsOf(stage, 5);
    const cluster = ['web', 'green'].map((name) => ({ name, weight: 1 }));
    const planeWithout = (gone: string) => {
      const services = { web: without(pods.slice(0, 3), gone), green: pods.slice(3) };
      return stage.plane({ services, action: { session: COOKIE, cluster } });
    };
    const first = await planeWithout('');
    const tokens: string[] = [];
    while (tokens.length < 12) {
      const shopper = new Shopper(first);
      if ((await shopper.ask()) === 'a') tokens.push(shopper.token);
    }
    const planes = [await planeWithout('a'), await planeWithout('a')];
    const homes = new Set<string>();
    for (const token of tokens) {
      const together = Array.from({ length: 6 }, (_, index) => {
        const one = new Shopper(planes[index % 2] as LivePlane);
        one.token = token;
        return one;
      });
      const answers = await Promise.all(together.map((one) => one.ask()));
      expect(new Set(answers).size).toBe(1);
      expect(new Set(together.map((one) => `${one.told} ${one.token}`)).size).toBe(1);
      homes.add(answers[0] as string);
    }
    expect(homes.size).toBeGreaterThan(1);
  });

  it('stays with its pod, whichever cluster chance would choose, until that cluster has no weight any more', async () => {
    const pods = await podsOf(stage, 2);
    const [blue, green] = pods as [SessionPod, SessionPod];
    const weights = (a: number, b: number) => [
      { name: 'web', weight: a },
      { name: 'green', weight: b },
    ];
    const action = (a: number, b: number) => ({ session: COOKIE, cluster: weights(a, b) });
    const plane = await stage.plane({ services: { web: [blue], green: [green] }, action: action(50, 50) });
    const shoppers = Array.from({ length: 12 }, () => new Shopper(plane));
    const homes: string[] = [];
    for (const shopper of shoppers) homes.push(await shopper.ask());
    expect(new Set(homes).size).toBe(2);
    for (const [index, shopper] of shoppers.entries()) expect(await shopper.ask()).toBe(homes[index]);
    const routes = plane.routes(['web', 'green']);
    const shifted = JSON.parse(JSON.stringify(routes).replaceAll('"web","weight":50', '"web","weight":0'));
    plane.apply({ routes: { upserted: [shifted], removed: [] } });
    for (const shopper of shoppers) expect(await shopper.ask()).toBe('b');
  });
});
