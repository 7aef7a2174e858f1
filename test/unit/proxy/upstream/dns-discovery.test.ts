// Endpoints found by name: when names are looked up, what an answer and a failure change.
import { type Random, seededRandom } from '../../../../src/base/random.ts';
import type { DnsDiscoverySpec } from '../../../../src/model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../../../src/model/endpoint-spec.ts';
import { DnsDiscovery } from '../../../../src/proxy/upstream/dns-discovery.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { type ScriptedAnswer, ScriptedResolver } from '../../../support/scripted-resolver.ts';
import { turns } from '../../../support/until.ts';

interface Scene {
  readonly clock: ManualClock;
  readonly resolver: ScriptedResolver;
  readonly discovery: DnsDiscovery;
  readonly told: LoadAssignmentSpec[];
  failures: number;
  /** Moves time and lets answers arrive. */
  pass(ms: number): Promise<void>;
}

function specOf(hosts: readonly string[], changes: Partial<DnsDiscoverySpec> = {}): DnsDiscoverySpec {
  const endpoints = hosts.map((host) => ({ host, port: 80, health: 'healthy' as const, weight: 1 }));
  const locality = { region: '', zone: '', subZone: '' };
  const targets = { name: 'c', localities: [{ locality, priority: 0, weight: 1, endpoints }] };
  const base = { refreshMs: 5_000, respectTtl: false, jitterMs: 0 };
  return { kind: 'strict-dns', family: 'v4-only', targets, ...base, ...changes };
}

async function play(
  spec: DnsDiscoverySpec,
  answers: ScriptedResolver['answers'] | null = null,
  random: Random = seededRandom(1),
): Promise<Scene> {
  const clock = new ManualClock();
  const resolver = new ScriptedResolver();
  for (const [key, answer] of answers ?? []) resolver.answers.set(key, answer);
  const told: LoadAssignmentSpec[] = [];
  const options = { resolver, clock, random };
  const scene: Scene = {
    clock,
    resolver,
    told,
    failures: 0,
    discovery: new DnsDiscovery(
      spec,
      options,
      (assignment) => told.push(assignment),
      () => {
        scene.failures += 1;
      },
    ),
    async pass(ms) {
      clock.advance(ms);
      await turns(2);
    },
  };
  scene.discovery.start();
  await turns(2);
  return scene;
}

function hostsOf(assignment: LoadAssignmentSpec | undefined): string[] | undefined {
  return assignment?.localities.flatMap(({ endpoints }) => endpoints.map(({ host }) => host));
}

describe('STRICT_DNS', () => {
  it('makes an endpoint of every address, in a set order, and tells a change only', async () => {
    const scene = await play(specOf(['a.example']), new Map([['a.example 4', ['10.0.0.2', '10.0.0.1']]]));
    expect(scene.told.map(hostsOf)).toEqual([['10.0.0.1', '10.0.0.2']]);
    scene.resolver.answers.set('a.example 4', ['10.0.0.1', '10.0.0.2']);
    await scene.pass(5_000);
    expect([scene.resolver.asked.length, scene.told.length]).toEqual([2, 1]);
    scene.resolver.answers.set('a.example 4', ['10.0.0.3']);
    await scene.pass(5_000);
    expect(scene.told.map(hostsOf)).toEqual([['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]);
  });

  it('waits for every name once, looks each up once, and leaves addresses as they are', async () => {
    const answers = new Map<string, ScriptedAnswer>([
      ['a.example 4', ['10.0.0.1']],
      ['slow.example 4', null],
    ]);
    const scene = await play(specOf(['a.example', '10.9.9.9', 'a.example', 'slow.example']), answers);
    expect([scene.resolver.asked, scene.told]).toEqual([['a.example 4', 'slow.example 4'], []]);
    await scene.pass(5_000);
    expect(scene.told.map(hostsOf)).toEqual([['10.0.0.1', '10.9.9.9', '10.0.0.1']]);
    const addresses = await play(specOf(['10.9.9.9']));
    expect([addresses.told.map(hostsOf), addresses.clock.pendingTimers]).toEqual([[['10.9.9.9']], 0]);
  });

  it('keeps the last good addresses while the name cannot be looked up, and says why', async () => {
    const scene = await play(specOf(['a.example']), new Map([['a.example 4', ['10.0.0.1']]]));
    scene.resolver.answers.set('a.example 4', 'ESERVFAIL');
    await scene.pass(5_000);
    expect(scene.discovery.problem).toBe('a.example cannot be looked up: ESERVFAIL');
    expect([scene.told.map(hostsOf), scene.failures]).toEqual([[['10.0.0.1']], 1]);
    scene.resolver.answers.set('a.example 4', ['10.0.0.2']);
    await scene.pass(5_000);
    expect([scene.discovery.problem, scene.told.map(hostsOf)]).toEqual(['', [['10.0.0.1'], ['10.0.0.2']]]);
  });

  it('tells that there is nobody when the first look-up fails, so that callers get an answer', async () => {
    const scene = await play(specOf(['a.example']));
    expect([scene.told.map(hostsOf), scene.discovery.problem]).toEqual([
      [[]],
      'a.example cannot be looked up: ENOTFOUND',
    ]);
  });

  it('gives a look-up up after 5 s, and takes no answer that comes later', async () => {
    const scene = await play(specOf(['a.example']), new Map([['a.example 4', null]]));
    await scene.pass(4_999);
    expect(scene.told).toEqual([]);
    await scene.pass(1);
    expect(scene.discovery.problem).toBe('a.example cannot be looked up: no answer within 5000 ms');
    expect(scene.told.map(hostsOf)).toEqual([[]]);
  });

  it('backs off after failures up to a bound where it is told to, and begins again after a success', async () => {
    const failureBackOff = { baseMs: 1_000, maxMs: 4_000 };
    const half = { next: () => 0.5 };
    const scene = await play(specOf(['a.example'], { failureBackOff }), null, half);
    const waits: number[] = [];
    for (const answer of ['ESERVFAIL', 'ESERVFAIL', 'ESERVFAIL', ['10.0.0.1'], 'ESERVFAIL', 'ESERVFAIL'] as const) {
      scene.resolver.answers.set('a.example 4', answer);
      const before = scene.resolver.asked.length;
      const since = scene.clock.now();
      while (scene.resolver.asked.length === before) await scene.pass(100);
      waits.push(scene.clock.now() - since);
    }
    // Half of 1 s, 2 s, 4 s and 4 s, then refreshMs, then half of 1 s.
    expect(waits).toEqual([500, 1_000, 2_000, 2_000, 5_000, 500]);
  });

  it('looks up again when the answer has lived, where that counts and is told', async () => {
    const respectTtl = true;
    const answers = new Map([['a.example 4', { addresses: ['10.0.0.1'], ttlMs: 30_000 }]]);
    const scene = await play(specOf(['a.example'], { respectTtl }), answers);
    await scene.pass(29_999);
    expect(scene.resolver.asked).toEqual(['a.example 4 ttl']);
    scene.resolver.answers.set('a.example 4', { addresses: ['10.0.0.1'], ttlMs: 0 });
    await scene.pass(1);
    expect(scene.resolver.asked).toHaveLength(2);
    await scene.pass(5_000);
    expect(scene.resolver.asked).toHaveLength(3);
  });

  it('adds a jitter to every delay, below its bound', async () => {
    const scene = await play(specOf(['a.example'], { jitterMs: 1_000 }), new Map([['a.example 4', ['10.0.0.1']]]));
    await scene.pass(5_000);
    expect(scene.resolver.asked).toHaveLength(1);
    await scene.pass(1_000);
    expect(scene.resolver.asked).toHaveLength(2);
  });

  it('asks nothing more after it was stopped, and takes no answer', async () => {
    const scene = await play(specOf(['a.example']), new Map([['a.example 4', ['10.0.0.1']]]));
    scene.clock.advance(5_000);
    scene.discovery.stop();
    scene.resolver.answers.set('a.example 4', ['10.0.0.2']);
    await scene.pass(60_000);
    expect([scene.told.length, scene.resolver.asked.length, scene.clock.pendingTimers]).toEqual([1, 2, 0]);
  });

  it.each([
    ['auto', ['a.example 6', 'a.example 4'], ['10.0.0.1']],
    ['v4-preferred', ['a.example 4'], ['10.0.0.1']],
    ['v6-only', ['a.example 6'], []],
    ['all', ['a.example 4', 'a.example 6'], ['10.0.0.1']],
  ] as const)('asks for the families of %s, one after the other', async (family, asked, hosts) => {
    const scene = await play(specOf(['a.example'], { family }), new Map([['a.example 4', ['10.0.0.1']]]));
    expect([scene.resolver.asked, scene.told.map(hostsOf)]).toEqual([asked, [hosts]]);
  });

  it('asks for the other family after 5 s where a server is silent about the first', async () => {
    const answers = new Map<string, ScriptedAnswer>([
      ['a.example 6', null],
      ['a.example 4', ['10.0.0.1']],
    ]);
    const scene = await play(specOf(['a.example'], { family: 'auto' }), answers);
    await scene.pass(4_999);
    expect(scene.resolver.asked).toEqual(['a.example 6']);
    await scene.pass(1);
    expect([scene.told.map(hostsOf), scene.failures]).toEqual([[['10.0.0.1']], 0]);
  });

  it('joins both families, of which the shorter life counts, and one that fails is no failure', async () => {
    const answers = new Map<string, ScriptedAnswer>([
      ['a.example 4', { addresses: ['10.0.0.1'], ttlMs: 60_000 }],
      ['a.example 6', { addresses: ['fd00::1'], ttlMs: 20_000 }],
    ]);
    const scene = await play(specOf(['a.example'], { family: 'all', respectTtl: true }), answers);
    expect(scene.told.map(hostsOf)).toEqual([['10.0.0.1', 'fd00::1']]);
    scene.resolver.answers.set('a.example 6', 'ENODATA');
    await scene.pass(20_000);
    expect([scene.told.at(-1)].map(hostsOf)).toEqual([['10.0.0.1']]);
    expect([scene.failures, scene.discovery.problem]).toEqual([0, '']);
  });
});

describe('LOGICAL_DNS', () => {
  it('is one endpoint under one name, whose first address serves', async () => {
    const answers = new Map([['a.example 4', ['10.0.0.2', '10.0.0.1']]]);
    const scene = await play(specOf(['a.example'], { kind: 'logical-dns' }), answers);
    scene.resolver.answers.set('a.example 4', ['10.0.0.1', '10.0.0.2']);
    await scene.pass(5_000);
    expect(scene.told.flatMap(({ localities }) => localities[0]?.endpoints)).toEqual([
      { host: '10.0.0.2', port: 80, health: 'healthy', weight: 1, logicalName: 'a.example:80' },
      { host: '10.0.0.1', port: 80, health: 'healthy', weight: 1, logicalName: 'a.example:80' },
    ]);
  });
});
