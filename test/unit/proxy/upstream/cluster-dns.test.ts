// A live cluster over names: when it is warm, what a change of its configuration looks up again, and what it says without addresses.
import { seededRandom } from '../../../../src/base/random.ts';
import { TimerWheel } from '../../../../src/base/timer-wheel.ts';
import type { ClusterSpec, DnsDiscoverySpec } from '../../../../src/model/cluster-spec.ts';
import { Cluster, type ClusterOptions } from '../../../../src/proxy/upstream/cluster.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedResolver } from '../../../support/scripted-resolver.ts';
import { turns } from '../../../support/until.ts';

function specOf(host: string, changes: Partial<DnsDiscoverySpec> = {}): ClusterSpec {
  const endpoint = { host, port: 80, health: 'healthy', weight: 1 } as const;
  const locality = { region: '', zone: '', subZone: '' };
  const targets = { name: 'c', localities: [{ locality, priority: 0, weight: 1, endpoints: [endpoint] }] };
  const discovery: DnsDiscoverySpec = {
    kind: 'strict-dns',
    family: 'v4-only',
    refreshMs: 5_000,
    respectTtl: false,
    jitterMs: 0,
    targets,
    ...changes,
  };
  return { name: 'c', discovery, connectTimeoutMs: 1_000, loadBalancer: 'round-robin' };
}

const CONTEXT = { wasTried: () => false };

class Scene {
  readonly clock = new ManualClock();
  readonly resolver = new ScriptedResolver();
  warmed = 0;
  readonly options: ClusterOptions = {
    pool: {
      dial: () => {
        throw new Error('nothing is dialled here');
      },
      wheel: new TimerWheel(this.clock),
      idleTimeoutMs: 1_000,
      now: () => this.clock.now(),
    },
    maxHeadBytes: 1_024,
    maxFields: 10,
    random: seededRandom(1),
    dns: { resolver: this.resolver, clock: this.clock, random: seededRandom(1) },
    onWarm: () => {
      this.warmed += 1;
    },
  };

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await turns(2);
  }
}

describe('a cluster whose endpoints are names', () => {
  it('is warm after the first look-up, once, and follows the later ones', async () => {
    const scene = new Scene();
    scene.resolver.answers.set('a.example 4', ['10.0.0.1']);
    const cluster = new Cluster(specOf('a.example'), scene.options);
    expect([cluster.warm, cluster.pick(CONTEXT)]).toEqual([false, null]);
    await turns(2);
    expect([cluster.warm, cluster.pick(CONTEXT)?.address]).toEqual([true, '10.0.0.1:80']);
    scene.resolver.answers.set('a.example 4', ['10.0.0.2']);
    await scene.pass(5_000);
    expect([cluster.pick(CONTEXT)?.address, cluster.endpointCount, scene.warmed]).toEqual(['10.0.0.2:80', 1, 1]);
    expect([cluster.stats.updates, cluster.stats.updateFailures]).toEqual([2, 0]);
  });

  it('is warm without an endpoint when the first look-up fails, says why, and serves when the name is found', async () => {
    const scene = new Scene();
    const cluster = new Cluster(specOf('lost.example'), scene.options);
    await turns(2);
    expect([cluster.warm, cluster.pick(CONTEXT), cluster.stats.updateFailures]).toEqual([true, null, 1]);
    expect(cluster.describeNoEndpoint()).toBe(
      'c has 0 endpoints, none of them ready; lost.example cannot be looked up: ENOTFOUND',
    );
    scene.resolver.answers.set('lost.example 4', ['10.0.0.1']);
    await scene.pass(5_000);
    expect(cluster.pick(CONTEXT)?.address).toBe('10.0.0.1:80');
  });

  it('goes on looking up where only something else of it changes', async () => {
    const scene = new Scene();
    scene.resolver.answers.set('a.example 4', ['10.0.0.1']);
    const cluster = new Cluster(specOf('a.example'), scene.options);
    await turns(2);
    cluster.update({ ...specOf('a.example'), connectTimeoutMs: 2_000 });
    await turns(2);
    expect([scene.resolver.asked, scene.clock.pendingTimers]).toEqual([['a.example 4'], 1]);
  });

  it('keeps its endpoints until another name is answered, and asks no more for the old one', async () => {
    const scene = new Scene();
    scene.resolver.answers.set('a.example 4', ['10.0.0.1']).set('b.example 4', ['10.0.0.2']);
    const cluster = new Cluster(specOf('a.example'), scene.options);
    await turns(2);
    cluster.update(specOf('b.example'));
    expect(cluster.pick(CONTEXT)?.address).toBe('10.0.0.1:80');
    await turns(2);
    expect(cluster.pick(CONTEXT)?.address).toBe('10.0.0.2:80');
    await scene.pass(5_000);
    expect(scene.resolver.asked).toEqual(['a.example 4', 'b.example 4', 'b.example 4']);
  });

  it.each(['drain', 'close'] as const)('looks nothing up after %s', async (end) => {
    const scene = new Scene();
    scene.resolver.answers.set('a.example 4', ['10.0.0.1']);
    const cluster = new Cluster(specOf('a.example'), scene.options);
    await turns(2);
    cluster[end]();
    await scene.pass(60_000);
    expect([scene.resolver.asked.length, scene.clock.pendingTimers]).toEqual([1, 0]);
  });

  it.each([
    ['strict-dns', false, 0],
    ['logical-dns', true, 1],
  ] as const)(
    'of kind %s keeps the endpoint and its numbers when its address changes: %s',
    async (kind, kept, total) => {
      const scene = new Scene();
      scene.resolver.answers.set('a.example 4', ['10.0.0.1']);
      const cluster = new Cluster(specOf('a.example', { kind }), scene.options);
      await turns(2);
      const before = cluster.pick(CONTEXT);
      if (before !== null) before.requestsTotal = 1;
      scene.resolver.answers.set('a.example 4', ['10.0.0.2']);
      await scene.pass(5_000);
      const after = cluster.pick(CONTEXT);
      expect([after === before, after?.requestsTotal, after?.address]).toEqual([kept, total, '10.0.0.2:80']);
    },
  );

  it('cannot be made without a resolver', () => {
    const { dns: _, ...options } = new Scene().options;
    expect(() => new Cluster(specOf('a.example'), options)).toThrow(
      'cluster "c" looks names up, and there is no resolver',
    );
  });
});
