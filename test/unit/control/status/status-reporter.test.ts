// What is written to an API server, when, and how many requests that takes.
import { seededRandom } from '../../../../src/base/random.ts';
import { errorIssue } from '../../../../src/base/result.ts';
import { LEASES } from '../../../../src/control/status/lease-record.ts';
import { PresentStatuses } from '../../../../src/control/status/present-statuses.ts';
import { STATUS_FORMS } from '../../../../src/control/status/status-form.ts';
import { StatusReporter } from '../../../../src/control/status/status-reporter.ts';
import type { StatusKey, WantedStatus } from '../../../../src/control/status/wanted-status.ts';
import type { KubeValue } from '../../../../src/kube-api/kube-client.ts';
import { ListLog } from '../../../support/list-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedKube } from '../../../support/scripted-kube.ts';
import { turns } from '../../../support/until.ts';

const LEASE = { namespace: 'switchboard-system', name: 'switchboard-status' };
const ROUTES = STATUS_FORMS.HTTPRoute.resource;
const UNREACHABLE = Object.assign(new Error('nobody answers'), { code: 'kube_unreachable' });

const keyOf = (name: string): StatusKey => ({ kind: 'HTTPRoute', namespace: 'shop', name });
const ref = { group: '', kind: 'Service', name: 'web' };

/** One control plane: what it was told of the routes, and what it thinks of them. */
class Replica {
  readonly present = new PresentStatuses();
  readonly log = new ListLog();
  readonly reporter: StatusReporter;
  readonly #kube: ScriptedKube;
  wanted: readonly WantedStatus[] | null = null;

  constructor(identity: string, kube: ScriptedKube, clock: ManualClock) {
    this.#kube = kube;
    this.reporter = new StatusReporter({
      connect: async () => kube,
      present: this.present,
      wanted: () => this.wanted,
      lease: LEASE,
      identity,
      clock,
      random: seededRandom(3),
      log: this.log,
    });
    this.reporter.start();
  }

  /** As the registry does, with what the API server has now. */
  async hear(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const value = await this.#kube.read(ROUTES, keyOf(name));
      if (value === null) this.present.delete(keyOf(name));
      else this.present.upsert(keyOf(name), value, []);
    }
  }

  /** Of each of these: accepted, or refused for a reason. */
  think(...thoughts: readonly (readonly [name: string, generation: number, refused?: string])[]): void {
    this.wanted = thoughts.map(([name, generation, refused]) => ({
      ...keyOf(name),
      uid: `uid-httproutes.gateway.networking.k8s.io shop/${name}`,
      generation,
      entries: [
        {
          ref,
          conditions: [
            refused === undefined
              ? { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' }
              : { type: 'Accepted', status: 'False', reason: refused, message: 'because' },
          ],
        },
      ],
    }));
    this.reporter.wake();
  }
}

describe('status that is written to an API server', () => {
  let kube: ScriptedKube;
  let clock: ManualClock;
  const replicas: Replica[] = [];

  beforeEach(() => {
    kube = new ScriptedKube();
    clock = new ManualClock(Date.UTC(2026, 0, 2));
  });

  afterEach(async () => {
    kube.mend();
    for (const { reporter } of replicas.splice(0)) await reporter.close();
    expect(clock.pendingTimers).toBe(0);
  });

  const start = async (identity = 'one'): Promise<Replica> => {
    const replica = new Replica(identity, kube, clock);
    replicas.push(replica);
    await turns(5);
    return replica;
  };
  const pass = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 20) {
      clock.advance(Math.min(left, 20));
      await turns(3);
    }
  };
  const put = (name: string, generation = 1, status?: KubeValue): void => {
    kube.put(ROUTES, keyOf(name), { metadata: { generation }, ...(status === undefined ? {} : { status }) });
  };
  const parentsOf = async (name: string): Promise<unknown> => {
    const status = (await kube.read(ROUTES, keyOf(name)))?.['status'] as KubeValue | undefined;
    return status?.['parents'];
  };
  /** Requests that are not about the lease. */
  const asked = (): string[] => {
    const all = kube.asked.filter((ask) => !ask.includes('leases'));
    kube.asked.length = 0;
    return all;
  };

  it('comes within half a second, in one request for each object', async () => {
    put('a');
    put('b');
    const one = await start();
    await one.hear('a', 'b');
    asked();
    one.think(['a', 1], ['b', 1, 'NoMatchingParent']);
    await pass(600);
    expect(asked()).toEqual([
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
      'patch status of httproutes.gateway.networking.k8s.io shop/b',
    ]);
    expect(await parentsOf('b')).toEqual([
      {
        parentRef: ref,
        controllerName: 'switchboard.dev/mesh',
        conditions: [
          {
            ...{ type: 'Accepted', status: 'False', reason: 'NoMatchingParent', message: 'because' },
            ...{ observedGeneration: 1, lastTransitionTime: '2026-01-02T00:00:00Z' },
          },
        ],
      },
    ]);
    expect(one.reporter.report).toEqual({
      leads: true,
      written: 2,
      conflicts: 0,
      failed: 0,
      waiting: 0,
      withoutRoom: 0,
    });
  });

  it('that stands there already is not written: not by a restart, not by a second replica, not when the mesh changes', async () => {
    put('a');
    const one = await start();
    await one.hear('a');
    one.think(['a', 1]);
    await pass(600);
    await one.hear('a');
    asked();
    one.think(['a', 1]);
    await pass(5_000);
    expect(asked()).toEqual([]);
    await one.reporter.close();
    const two = await start('two');
    await two.hear('a');
    asked();
    two.think(['a', 1]);
    await pass(5_000);
    expect(two.reporter.report).toMatchObject({ leads: true, written: 0 });
    expect(asked()).toEqual([]);
  });

  it('is written by one of two replicas, and by the other once that is gone', async () => {
    put('a');
    const one = await start('one');
    const two = await start('two');
    for (const replica of [one, two]) {
      await replica.hear('a');
      replica.think(['a', 1]);
    }
    await pass(5_000);
    expect([one.reporter.report, two.reporter.report]).toMatchObject([
      { leads: true, written: 1 },
      { leads: false, written: 0, waiting: 0 },
    ]);
    await one.reporter.close();
    put('a', 2, { parents: await parentsOf('a') });
    await two.hear('a');
    two.think(['a', 2]);
    await pass(5_000);
    expect(two.reporter.report).toMatchObject({ leads: true, written: 1 });
    expect(await parentsOf('a')).toMatchObject([{ conditions: [{ observedGeneration: 2 }] }]);
  });

  it('of an object that has changed since waits for what is computed from the new one', async () => {
    put('a', 2);
    const one = await start();
    await one.hear('a');
    asked();
    one.think(['a', 1]);
    await pass(2_000);
    expect(asked()).toEqual([]);
    one.think(['a', 2]);
    await pass(600);
    expect(asked()).toHaveLength(1);
    // The same name and another object.
    kube.put(ROUTES, keyOf('a'), { metadata: { uid: 'another', generation: 2 } });
    await one.hear('a');
    asked();
    await pass(2_000);
    expect(asked()).toEqual([]);
  });

  it('is not written over what another controller was faster to write: that is read, and both stand there', async () => {
    put('a');
    const one = await start();
    await one.hear('a');
    const other = { parentRef: { name: 'edge' }, controllerName: 'example.com/gateway', conditions: [] };
    put('a', 1, { parents: [other] });
    asked();
    one.think(['a', 1]);
    await pass(600);
    expect(asked()).toEqual([
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
      'get httproutes.gateway.networking.k8s.io shop/a',
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
    ]);
    expect(await parentsOf('a')).toMatchObject([other, { controllerName: 'switchboard.dev/mesh' }]);
    expect(one.reporter.report).toMatchObject({ written: 1, conflicts: 1, failed: 0 });
  });

  it('of an object that is gone is forgotten', async () => {
    put('a');
    const one = await start();
    await one.hear('a');
    kube.removeSilently(ROUTES, keyOf('a'));
    asked();
    one.think(['a', 1]);
    await pass(10_000);
    expect(asked()).toHaveLength(1);
    expect(one.reporter.report).toMatchObject({ written: 0, failed: 0, waiting: 0 });
    expect(one.log.take()).toEqual(['info this replica writes status now']);
  });

  it('that may not be written is told once with the rule, while other kinds are written, and tried again after a minute', async () => {
    const policy = { kind: 'TrafficPolicy', namespace: 'shop', name: 'p' } as const;
    put('a');
    put('b');
    kube.put(STATUS_FORMS.TrafficPolicy.resource, policy, { metadata: { uid: 'p', generation: 1 } });
    const one = await start();
    await one.hear('a', 'b');
    one.present.upsert(policy, (await kube.read(STATUS_FORMS.TrafficPolicy.resource, policy)) ?? {}, []);
    kube.fail('patch status of httproutes', forbidden(), 3);
    one.think(['a', 1], ['b', 1]);
    one.wanted = [...(one.wanted ?? []), { ...policy, uid: 'p', generation: 1, entries: [{ ref, conditions: [] }] }];
    asked();
    await pass(59_000);
    expect(asked().sort()).toEqual([
      'patch status of httproutes.gateway.networking.k8s.io shop/a',
      'patch status of trafficpolicies.switchboard.dev shop/p',
    ]);
    expect(one.log.warned).toMatchObject([{ remedy: 'add the rule' }]);
    await pass(130_000);
    expect(one.log.warned).toHaveLength(1);
    expect(asked().length).toBeLessThanOrEqual(4);
    kube.mend();
    await pass(62_000);
    expect(one.reporter.report).toMatchObject({ written: 3, waiting: 0 });
  });

  it('waits while the API server has too much to do, as long as it says, and while it is gone', async () => {
    put('a');
    put('b');
    const one = await start();
    await one.hear('a', 'b');
    kube.fail('patch', Object.assign(new Error('busy'), { code: 'kube_busy', retryAfterMs: 7_000 }), 1);
    asked();
    one.think(['a', 1], ['b', 1]);
    await pass(7_400);
    expect(asked()).toHaveLength(1);
    kube.fail('patch', UNREACHABLE, 2);
    await pass(1_500 + 4_000);
    expect(asked().length).toBeLessThanOrEqual(4);
    await pass(10_000);
    expect(one.reporter.report).toMatchObject({ written: 2, failed: 3, waiting: 0 });
    expect(one.log.take()).toEqual(['info this replica writes status now', 'warn no status can be written now']);
  });

  it('that the API server does not take stands in nobody’s way, and is tried again later and later until the object changes', async () => {
    put('a');
    put('b');
    const one = await start();
    await one.hear('a', 'b');
    kube.fail('patch status of httproutes.gateway.networking.k8s.io shop/a', invalid(), 1_000);
    asked();
    one.think(['a', 1], ['b', 1]);
    await pass(60_000);
    const tries = asked();
    expect(tries.filter((ask) => ask.endsWith('/b'))).toHaveLength(1);
    expect(tries.filter((ask) => ask.endsWith('/a')).length).toBeGreaterThanOrEqual(5);
    expect(tries.filter((ask) => ask.endsWith('/a')).length).toBeLessThanOrEqual(8);
    kube.mend();
    put('a', 2);
    await one.hear('a');
    asked();
    one.think(['a', 2], ['b', 1]);
    await pass(600);
    expect(asked()).toHaveLength(1);
  });

  it('that the API server keeps otherwise than it was told is not written for ever', async () => {
    put('a');
    const one = await start();
    await one.hear('a');
    const patchStatus = kube.patchStatus.bind(kube);
    kube.patchStatus = async (...ask) => {
      await patchStatus(...ask);
      return kube.put(ROUTES, keyOf('a'), { metadata: { generation: 1 }, status: { parents: [] } });
    };
    asked();
    one.think(['a', 1]);
    for (let second = 0; second < 60; second += 1) {
      await pass(1_000);
      one.think(['a', 1]);
    }
    expect(asked().length).toBeLessThanOrEqual(8);
    expect(one.log.take()).toEqual([
      'info this replica writes status now',
      'warn the API server keeps another status than it was told',
    ]);
  });

  it('is 50 a second at most, the last state of each', async () => {
    const names = Array.from({ length: 100 }, (_, index) => `r${index}`);
    for (const name of names) put(name);
    const one = await start();
    await one.hear(...names);
    asked();
    one.think(...names.map((name) => [name, 1, 'NoMatchingParent'] as const));
    await pass(1_500);
    const first = asked().length;
    expect(first).toBeGreaterThan(40);
    expect(first).toBeLessThanOrEqual(51);
    one.think(...names.map((name) => [name, 1] as const));
    await pass(5_000);
    // What was due before the second look at half a second is written twice, the rest once, with what holds in the end.
    const then = asked().length;
    expect(then).toBeGreaterThanOrEqual(100);
    expect(then).toBeLessThanOrEqual(126);
    for (const name of names) expect(await parentsOf(name)).toMatchObject([{ conditions: [{ status: 'True' }] }]);
    expect(one.reporter.report).toMatchObject({ written: first + then, waiting: 0 });
  });

  it('ends with the lease: nothing is asked any more, and what was under way is given up', async () => {
    put('a');
    const one = await start();
    await one.hear('a');
    await pass(1_000);
    kube.fail('', null, 1_000);
    asked();
    one.think(['a', 1]);
    await pass(20_000);
    expect(one.reporter.report).toMatchObject({ leads: false, written: 0, waiting: 0 });
    expect(asked().length).toBeLessThanOrEqual(3);
    one.think(['a', 1]);
    await pass(5_000);
    expect(asked()).toEqual([]);
    kube.mend();
    await pass(70_000);
    expect(one.reporter.report).toMatchObject({ leads: true, written: 1 });
  });

  it('of an object that cannot be read says why, for the version that cannot be', async () => {
    kube.put(ROUTES, keyOf('a'), {
      metadata: { generation: 2 },
      spec: {
        parentRefs: [
          { group: '', kind: 'Service', name: 'web', port: 80 },
          { group: 'x', kind: 'Gateway', name: 'g' },
        ],
      },
    });
    const one = await start();
    const value = (await kube.read(ROUTES, keyOf('a'))) ?? {};
    one.present.upsert(keyOf('a'), value, [
      errorIssue('is strange', { source: 's', path: 'spec.x', remedy: 'mend it' }),
    ]);
    one.think(['a', 1]);
    await pass(600);
    expect(await parentsOf('a')).toMatchObject([
      {
        parentRef: { group: '', kind: 'Service', name: 'web', port: 80 },
        conditions: [
          {
            ...{ type: 'Accepted', status: 'False', reason: 'UnsupportedValue', observedGeneration: 2 },
            message: 'It does not count as it is. spec.x: is strange; mend it',
          },
        ],
      },
    ]);
    asked();
    await pass(3_000);
    expect(asked()).toEqual([]);
  });

  it('is let go in order: the lease is free when it has ended', async () => {
    const one = await start();
    await one.reporter.close();
    expect((await kube.read(LEASES, LEASE))?.['spec']).toMatchObject({ holderIdentity: '' });
    await one.reporter.close();
    one.think(['a', 1]);
  });
});

const forbidden = (): Error => Object.assign(new Error('no'), { code: 'kube_forbidden', remedy: 'add the rule' });
const invalid = (): Error => Object.assign(new Error('no'), { code: 'kube_invalid' });
