// Promises of the time of sessions on real sockets: how long one lasts in all, how long it may rest, and what clients are told of that.
import type { SessionSpec } from '../../../src/model/session-spec.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named } from '../../support/scripted-backend.ts';
import {
  COOKIE,
  HEADER,
  type SessionPod,
  type SessionScene,
  Shopper,
  sessionScene,
  without,
} from '../../support/session-scene.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

describe('the time of a session', () => {
  it('is over after its lifetime, whatever the client keeps: a new one begins', async () => {
    const clock = new ManualClock();
    const { plane } = await sessionScene(stage, 2, { ...COOKIE, lifetimeMs: 60_000 }, { clock });
    const shopper = new Shopper(plane);
    await shopper.ask();
    const { token } = shopper;
    clock.advance(58_000);
    await shopper.ask();
    expect(shopper.told).toBeUndefined();
    clock.advance(3_000);
    await shopper.ask();
    expect(shopper.told).toBe('new');
    expect(shopper.token).not.toBe(token);
    expect(plane.stat('cluster.web.session_expired')).toBe(1);
  });

  it('goes on from its beginning when it moves', async () => {
    const clock = new ManualClock();
    const { plane, pods } = await sessionScene(stage, 3, { ...COOKIE, lifetimeMs: 60_000 }, { clock });
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    clock.advance(40_000);
    plane.setEndpoints('web', without(pods, home));
    await shopper.ask();
    expect(shopper.told).toBe('moved');
    clock.advance(21_000);
    await shopper.ask();
    expect(shopper.told).toBe('new');
  });
});

describe('a cookie that is kept', () => {
  const KEPT: SessionSpec = { ...COOKIE, carrier: { kind: 'cookie', name: 'cart', ttlMs: 60_000, path: '/' } };

  it('is kept no longer than its session lasts, also where that has moved', async () => {
    const clock = new ManualClock();
    const { plane, pods } = await sessionScene(stage, 3, { ...KEPT, lifetimeMs: 60_000 }, { clock });
    const shopper = new Shopper(plane);
    const home = await shopper.ask();
    expect(shopper.last?.get('set-cookie')).toContain('; Max-Age=60;');
    clock.advance(40_000);
    plane.setEndpoints('web', without(pods, home));
    await shopper.ask();
    expect(shopper.last?.get('set-cookie')).toContain('; Max-Age=20;');
  });

  it('is kept for its own time where its session lasts for ever', async () => {
    const { plane } = await sessionScene(stage, 1, KEPT);
    const shopper = new Shopper(plane);
    await shopper.ask();
    expect(shopper.last?.get('set-cookie')).toContain('; Max-Age=60;');
  });
});

/** Sixteen minutes: a token is renewed once a minute. */
const IDLE_MS = 960_000;
const STEP_MS = 60_000;

describe.each([
  ['a cookie', COOKIE, ''],
  ['a header', HEADER, 'x-cart'],
])('a session in %s that may rest for 16 minutes', (_what, carried, header) => {
  const session: SessionSpec = { ...carried, idleTimeoutMs: IDLE_MS };

  async function begun(count = 3) {
    const clock = new ManualClock();
    const { plane, pods } = await sessionScene(stage, count, session, { clock });
    // The end of a step, so that what is said of the others is exact.
    clock.advance(STEP_MS - (clock.wallNow() % STEP_MS));
    const shopper = new Shopper(plane, header);
    return { clock, plane, pods, shopper, home: await shopper.ask() };
  }

  const wasTold = ({ last }: Shopper) => last?.get(header === '' ? 'set-cookie' : header) !== undefined;

  it('goes on for as long as it is used: ten times 15 minutes and 59 seconds', async () => {
    const { clock, plane, shopper, home } = await begun();
    for (let i = 0; i < 10; i += 1) {
      clock.advance(IDLE_MS - 1_000);
      expect([await shopper.ask(), shopper.told]).toEqual([home, undefined]);
    }
    expect(plane.stat('cluster.web.session_kept')).toBe(10);
    expect(plane.stat('cluster.web.session_expired')).toBe(0);
  });

  it('is over when it has rested for longer, and a minute at most: a new one begins', async () => {
    const { clock, plane, shopper } = await begun();
    const { token } = shopper;
    clock.advance(IDLE_MS + STEP_MS - 1);
    await shopper.ask();
    expect(shopper.told).toBeUndefined();
    const renewed = shopper.token;
    clock.advance(IDLE_MS + STEP_MS);
    await shopper.ask();
    expect(shopper.told).toBe('new');
    expect([token, renewed]).not.toContain(shopper.token);
    expect(plane.stat('cluster.web.session_expired')).toBe(1);
  });

  it('says that it is in use once a minute, and not with every answer', async () => {
    const { clock, shopper } = await begun();
    let told = 0;
    for (let i = 0; i < 60; i += 1) {
      clock.advance(5_000);
      await shopper.ask();
      if (wasTold(shopper)) told += 1;
    }
    expect(told).toBe(5);
  });

  it('says the same to all requests that come together', async () => {
    const { clock, plane, shopper, home } = await begun();
    clock.advance(90_000);
    const together = Array.from({ length: 5 }, () => {
      const one = new Shopper(plane, header);
      one.token = shopper.token;
      return one;
    });
    expect(await Promise.all(together.map((one) => one.ask()))).toEqual(together.map(() => home));
    expect(together.map(wasTold)).toEqual(together.map(() => true));
    expect(new Set(together.map(({ token }) => token)).size).toBe(1);
  });

  it('moves to one pod for all who hold it, whether their token has been renewed or not', async () => {
    const { clock, plane, pods, shopper, home } = await begun(6);
    const late = new Shopper(plane, header);
    late.token = shopper.token;
    clock.advance(90_000);
    await shopper.ask();
    expect(shopper.token).not.toBe(late.token);
    plane.setEndpoints('web', without(pods, home));
    const next = await shopper.ask();
    expect([shopper.told, await late.ask(), late.told]).toEqual(['moved', next, 'moved']);
    expect(late.token).toBe(shopper.token);
  });

  it('is in use where its pod only fails, or another one answers for it', async () => {
    const { clock, pods, shopper, home } = await begun();
    const sick = pods.find(({ name }) => name === home) as SessionPod;
    sick.backend.script = (_request, connection) => connection.answer(500, 'no');
    clock.advance(IDLE_MS - 1_000);
    expect(await shopper.ask()).toBe('500');
    sick.backend.script = (_request, connection) => connection.reset();
    clock.advance(IDLE_MS - 1_000);
    expect(await shopper.ask()).not.toBe(home);
    expect(shopper.told).toBe('away');
    sick.backend.script = named(home);
    clock.advance(IDLE_MS - 1_000);
    expect([await shopper.ask(), shopper.told]).toEqual([home, undefined]);
  });
});

describe('sessions that may rest for a while', () => {
  const session: SessionSpec = { ...COOKIE, idleTimeoutMs: IDLE_MS };
  const token = async ({ plane }: SessionScene): Promise<Shopper> => {
    const shopper = new Shopper(plane);
    await shopper.ask();
    return shopper;
  };

  it('end with their lifetime, however often they are used', async () => {
    const clock = new ManualClock();
    const scene = await sessionScene(stage, 2, { ...session, lifetimeMs: 2 * IDLE_MS }, { clock });
    const shopper = await token(scene);
    clock.advance(IDLE_MS - 1_000);
    await shopper.ask();
    clock.advance(IDLE_MS - 1_000);
    await shopper.ask();
    expect(shopper.told).toBeUndefined();
    clock.advance(3_000);
    await shopper.ask();
    expect(shopper.told).toBe('new');
  });

  it('are those that began before anybody asked for that, from their next request on', async () => {
    const clock = new ManualClock();
    const before = await sessionScene(stage, 2, COOKIE, { clock });
    const shopper = await token(before);
    clock.advance(10 * IDLE_MS);
    const after = await stage.plane({ services: { web: before.pods }, action: { session }, clock });
    const known = new Shopper(after);
    known.token = shopper.token;
    await known.ask();
    expect([known.told, known.token.length]).toEqual([undefined, 42]);
    clock.advance(IDLE_MS + STEP_MS);
    await known.ask();
    expect(known.told).toBe('new');
  });

  it('stay where nobody asks for that any more', async () => {
    const clock = new ManualClock();
    const before = await sessionScene(stage, 3, session, { clock });
    const shopper = new Shopper(before.plane);
    const home = await shopper.ask();
    const after = await stage.plane({ services: { web: before.pods }, action: { session: COOKIE }, clock });
    const known = new Shopper(after);
    known.token = shopper.token;
    clock.advance(10 * IDLE_MS);
    expect([await known.ask(), known.told]).toEqual([home, undefined]);
  });

  it('that may not move end all the same: no error, but a new session', async () => {
    const clock = new ManualClock();
    const scene = await sessionScene(stage, 2, { ...session, onLoss: 'fail' }, { clock });
    const shopper = new Shopper(scene.plane);
    const home = await shopper.ask();
    scene.plane.setEndpoints('web', without(scene.pods, home));
    clock.advance(IDLE_MS + STEP_MS);
    expect(await shopper.ask()).toMatch(/^[ab]$/);
    expect(shopper.told).toBe('new');
  });
});
