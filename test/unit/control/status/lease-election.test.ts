// Which of several replicas may write status, over time and through every trouble.

import { seededRandom } from '../../../../src/base/random.ts';
import { LeaseElection } from '../../../../src/control/status/lease-election.ts';
import { LEASES, nextLease } from '../../../../src/control/status/lease-record.ts';
import type { KubeClient } from '../../../../src/kube-api/kube-client.ts';
import { ListLog } from '../../../support/list-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedKube } from '../../../support/scripted-kube.ts';
import { turns } from '../../../support/until.ts';

const LEASE = { namespace: 'switchboard-system', name: 'switchboard-status' };
const UNREACHABLE = Object.assign(new Error('nobody answers'), { code: 'kube_unreachable' });

class Replica {
  readonly log = new ListLog();
  readonly changes: boolean[] = [];
  readonly election: LeaseElection;

  constructor(identity: string, kube: KubeClient, clock: ManualClock) {
    this.election = new LeaseElection({
      connect: async () => kube,
      lease: LEASE,
      identity,
      clock,
      random: seededRandom(7),
      log: this.log,
      onChange: (leads) => this.changes.push(leads),
    });
    this.election.start();
  }

  get leads(): boolean {
    return this.election.leads;
  }
}

describe('the lease', () => {
  let kube: ScriptedKube;
  let clock: ManualClock;
  const replicas: Replica[] = [];

  beforeEach(() => {
    kube = new ScriptedKube();
    clock = new ManualClock(Date.UTC(2026, 0, 2));
  });

  afterEach(async () => {
    for (const { election } of replicas.splice(0)) await election.close();
    expect(clock.pendingTimers).toBe(0);
  });

  const start = (identity: string, own: ManualClock = clock, api: KubeClient = kube): Replica => {
    const replica = new Replica(identity, api, own);
    replicas.push(replica);
    return replica;
  };
  /** Small steps, so that answers come between them. */
  const pass = async (ms: number, own: ManualClock = clock): Promise<void> => {
    for (let left = ms; left > 0; left -= 100) {
      own.advance(Math.min(left, 100));
      await turns(3);
    }
  };
  const spec = async () => (await kube.read(LEASES, LEASE))?.['spec'];

  it('is made by the first replica, for 15 s, as Kubernetes writes it', async () => {
    const one = start('one');
    await turns(5);
    expect(one.leads).toBe(true);
    expect(one.changes).toEqual([true]);
    expect(await spec()).toEqual({
      holderIdentity: 'one',
      leaseDurationSeconds: 15,
      renewTime: '2026-01-02T00:00:00.000000Z',
      acquireTime: '2026-01-02T00:00:00.000000Z',
      leaseTransitions: 0,
    });
    expect(one.log.lines).toEqual(['info this replica writes status now']);
  });

  it('is renewed every 2 s by who holds it, and asked for every 2 to 2.4 s by who waits', async () => {
    const one = start('one');
    await turns(5);
    const two = start('two');
    await turns(5);
    kube.asked.length = 0;
    await pass(24_000);
    const count = (verb: string) => kube.asked.filter((ask) => ask.startsWith(verb)).length;
    expect(count('update')).toBe(12);
    expect(count('get')).toBeGreaterThanOrEqual(9);
    expect(count('get')).toBeLessThanOrEqual(12);
    expect(kube.asked).toHaveLength(count('update') + count('get'));
    expect([one.leads, two.leads]).toEqual([true, false]);
    expect(await spec()).toMatchObject({
      holderIdentity: 'one',
      acquireTime: '2026-01-02T00:00:00.000000Z',
      renewTime: '2026-01-02T00:00:24.000000Z',
    });
  });

  it('is let go by a replica that ends, and the next one has it within 2.4 s', async () => {
    const one = start('one');
    await turns(5);
    const two = start('two');
    await pass(3_000);
    await one.election.close();
    expect(one.changes).toEqual([true, false]);
    expect(await spec()).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 });
    await pass(2_400);
    expect(two.leads).toBe(true);
    expect(await spec()).toMatchObject({ holderIdentity: 'two', leaseDurationSeconds: 15, leaseTransitions: 1 });
  });

  it('is taken from a replica that says nothing more, 15 s after it was last seen renewed, whatever its clock says', async () => {
    const other = new ManualClock(Date.UTC(2031, 0, 1));
    const one = start('one', other);
    await turns(5);
    const two = start('two');
    await pass(14_900);
    expect(two.leads).toBe(false);
    await pass(2_600);
    expect(two.leads).toBe(true);
    expect(await spec()).toMatchObject({ holderIdentity: 'two', leaseTransitions: 1 });
    // It has been gone for 17.5 s and comes back: the first thing that it does is not to lead.
    other.advance(1_999);
    expect(one.leads).toBe(true);
    other.advance(8_001);
    expect(one.leads).toBe(false);
    await pass(2_000, other);
    expect(one.changes).toEqual([true, false]);
    expect([one.leads, two.leads]).toEqual([false, true]);
  });

  it('is given up 10 s after the last renewal was asked for, 5 s before anyone may take it, when the API server is gone', async () => {
    const one = start('one');
    await turns(5);
    await pass(4_100);
    kube.fail('', UNREACHABLE, 1_000);
    await pass(9_800);
    expect(one.leads).toBe(true);
    await pass(100);
    expect(one.leads).toBe(false);
    expect(one.changes).toEqual([true, false]);
    expect(one.log.take()).toEqual([
      'info this replica writes status now',
      'warn who writes status cannot be settled',
      'info this replica writes no status any more',
    ]);
    await pass(60_000);
    kube.mend();
    await pass(12_000);
    expect(one.leads).toBe(true);
    expect(one.log.take()).toEqual(['info this replica writes status now']);
  });

  it('is given up in time when the API server takes requests and never answers', async () => {
    const one = start('one');
    await turns(5);
    await pass(2_100);
    kube.fail('', null, 1_000);
    await pass(9_900);
    expect(one.leads).toBe(false);
    expect(one.changes).toEqual([true, false]);
    kube.mend();
  });

  it('is not held by a process that slept through its end, before any of its timers ran', async () => {
    const one = start('one');
    await turns(5);
    const now = clock.now;
    clock.now = () => 10_000;
    expect(one.leads).toBe(false);
    clock.now = now;
  });

  it('that somebody has taken is lost at the next renewal', async () => {
    const one = start('one');
    await turns(5);
    const value = await kube.read(LEASES, LEASE);
    const taken = nextLease(value ?? {}, { holder: 'thief', durationSeconds: 15, nowMs: clock.wallNow() });
    kube.put(LEASES, LEASE, taken);
    await pass(5_000);
    expect(one.changes).toEqual([true, false]);
    expect(await spec()).toMatchObject({ holderIdentity: 'thief' });
  });

  it('that somebody has deleted is made again by who held it', async () => {
    const one = start('one');
    await turns(5);
    kube.remove(LEASES, LEASE);
    await pass(5_000);
    expect(one.changes).toEqual([true]);
    expect(await spec()).toMatchObject({ holderIdentity: 'one' });
  });

  it('goes to one of two that ask at the same moment', async () => {
    const both = [start('one'), start('two')];
    await pass(10_000);
    expect(both.map(({ leads }) => leads).sort()).toEqual([false, true]);
    // Another's being faster is nothing to tell of.
    expect(both.flatMap(({ log }) => log.lines)).toEqual(['info this replica writes status now']);
  });

  it('that may not be asked for is told once, with the rule, and asked for once a minute', async () => {
    kube.failWith('get', LEASES, 403, 1_000);
    const one = start('one');
    await turns(5);
    await pass(300_000);
    const rule = '{apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["get"]}';
    expect(one.log.lines).toEqual(['warn who writes status cannot be settled']);
    expect(one.log.warned).toMatchObject([{ remedy: expect.stringContaining(rule) }]);
    expect(kube.asked.length).toBeLessThanOrEqual(10);
    kube.mend();
    await pass(75_000);
    expect(one.leads).toBe(true);
  });

  it('whose namespace is not there tells so', async () => {
    kube.failWith('create', LEASES, 404, 1_000, 'namespaces "switchboard-system" not found');
    const one = start('one');
    await pass(30_000);
    expect(one.log.lines).toEqual(['warn who writes status cannot be settled']);
    expect(one.log.warned).toMatchObject([
      { remedy: 'create namespace "switchboard-system", or name ours in SWITCHBOARD_NAMESPACE' },
    ]);
    kube.mend();
    await pass(75_000);
    expect(one.leads).toBe(true);
  });

  it('keeps what others have written on it', async () => {
    kube.put(LEASES, LEASE, {
      metadata: { labels: { team: 'net' } },
      spec: { holderIdentity: '', strategy: 'OldestEmulationVersion' },
    });
    start('one');
    await turns(5);
    expect(await kube.read(LEASES, LEASE)).toMatchObject({
      metadata: { labels: { team: 'net' } },
      spec: { holderIdentity: 'one', strategy: 'OldestEmulationVersion' },
    });
  });
});
