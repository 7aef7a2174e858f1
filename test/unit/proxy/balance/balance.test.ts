// Who may get requests, and what priorities and localities get of them.
import { Word64 } from '../../../../src/base/word64.ts';
import type { BalancingSpec, LoadBalancerName } from '../../../../src/model/balancing-spec.ts';
import type { EndpointHealth, LoadAssignmentSpec } from '../../../../src/model/endpoint-spec.ts';
import { type SubsetFallback, type SubsetLabels, subsetIdOf } from '../../../../src/model/subset-spec.ts';
import { type Balanced, balance } from '../../../../src/proxy/balance/balance.ts';
import { type Place, UNKNOWN_PLACE } from '../../../../src/proxy/balance/place.ts';
import { EndpointSet } from '../../../../src/proxy/endpoint/endpoint-set.ts';
import { LOAD_BALANCERS } from '../../../../src/proxy/lb/index.ts';
import type { LoadBalancer, PickContext } from '../../../../src/proxy/lb/load-balancer.ts';
import { countHosts, FRESH, pickerContext } from '../lb/scene.ts';

/** One locality: `[zone/]priority[*weight]: host[/health][@node][>zone,zone][#label=value,…] …`. */
function assignment(...lines: readonly string[]): LoadAssignmentSpec {
  const localities = lines.map((line) => {
    const [place = '', hosts = ''] = line.split(': ');
    const [where = '', weight = '1'] = place.split('*');
    const priority = Number(where.at(-1));
    const endpoints = hosts.split(' ').map((text) => {
      const [unlabelled = '', label] = text.split('#');
      const [before = '', hints] = unlabelled.split('>');
      const [at = '', node] = before.split('@');
      const [host = '', health = 'healthy'] = at.split('/');
      const hinted = hints === undefined ? {} : { forZones: hints.split(',') };
      const labels = label === undefined ? {} : { labels: labelsIn(label) };
      const spec = { host, port: 80, health: health as EndpointHealth, weight: 1, ...hinted, ...labels };
      return node === undefined ? spec : { ...spec, node };
    });
    const locality = { region: '', zone: where.slice(0, -2), subZone: '' };
    return { locality, priority, weight: Number(weight), endpoints };
  });
  return { name: 'web', localities };
}

/** `a=1,b=2` */
function labelsIn(text: string): SubsetLabels {
  return Object.fromEntries(text.split(',').map((pair) => pair.split('=') as [string, string]));
}

interface Given {
  readonly spec?: BalancingSpec;
  readonly name?: LoadBalancerName;
  readonly factor?: number;
  readonly place?: Place;
}

function balanced(
  lines: readonly string[],
  { spec = {}, name = 'round-robin', factor = 140, place = UNKNOWN_PLACE }: Given = {},
): Balanced {
  const set = new EndpointSet(
    () => {},
    () => 0,
  );
  set.update(assignment(...lines));
  const balancer = LOAD_BALANCERS.find((row) => row.name === name) as LoadBalancer;
  return balance(set.localities, { balancer, context: pickerContext(spec), overprovisioningFactor: factor, place });
}

const NO_PANIC: BalancingSpec = { panicThreshold: 0 };
const WEIGHTED: BalancingSpec = { locality: { kind: 'weighted' } };

const hosts = ({ eligible }: Balanced): string => eligible.map(({ host }) => host).join(' ');

describe('who may get requests', () => {
  it.each<readonly [string, readonly string[], string]>([
    ['all that are healthy', ['0: a b c/unhealthy'], 'a b'],
    ['nobody of none', [], ''],
    ['nobody where all are unhealthy', ['0: a/unhealthy b/unhealthy'], ''],
    ['no draining one beside a healthy one', ['0: a/draining b'], 'b'],
    ['draining ones where nobody is healthy', ['0: a/draining b/unhealthy c/draining'], 'a c'],
    ['draining ones of the first priority that has any', ['0: a/unhealthy', '1: b/draining', '2: c/draining'], 'b'],
    ['the first priority alone', ['1: a', '0: b c'], 'b c'],
    ['the second where nobody of the first is healthy', ['0: a/unhealthy', '1: b', '2: c'], 'b'],
    ['a healthy one of a later priority before a draining one', ['0: a/draining', '1: b'], 'b'],
    ['both where the first cannot take it all', ['0: a b/unhealthy', '1: c'], 'a c'],
    ['degraded ones where healthy ones cannot take it all', ['0: a b/degraded c/degraded'], 'a b c'],
    ['no degraded ones where healthy ones can', ['0: a b c d/degraded'], 'a b c'],
  ])('is, without panic, %s', (_what, lines, expected) => {
    const found = balanced(lines, { spec: NO_PANIC });
    expect(hosts(found)).toBe(expected);
    const picked = Object.keys(countHosts(found.picker, 200)).filter((host) => host !== '-');
    expect(picked.sort().join(' ')).toBe(expected);
  });

  it('is everybody in panic, by default with less than half of them healthy', () => {
    expect(hosts(balanced(['0: a b/unhealthy c/unhealthy d/draining']))).toBe('a b c d');
    expect(hosts(balanced(['0: a/draining b/draining']))).toBe('a b');
    expect(hosts(balanced(['0: a b/draining c/draining']))).toBe('a');
    expect(hosts(balanced(['0: a b c/unhealthy d/unhealthy']))).toBe('a b');
    expect(hosts(balanced(['0: a b c/unhealthy d/unhealthy'], { spec: { panicThreshold: 51 } }))).toBe('a b c d');
    expect(hosts(balanced(['0: a b/unhealthy c/unhealthy'], { spec: { panicThreshold: 33 } }))).toBe('a');
  });
});

describe('priorities', () => {
  it('share as their health says: half of the first healthy, 70 to 30', () => {
    const counts = countHosts(balanced(['0: a b/unhealthy', '1: c']).picker, 10_000);
    expect(Math.abs((counts['a'] ?? 0) - 7_000)).toBeLessThan(200);
    expect(Math.abs((counts['c'] ?? 0) - 3_000)).toBeLessThan(200);
  });

  it('keep the requests of one hash together', () => {
    const { picker } = balanced(['0: a b/unhealthy', '1: c'], { name: 'maglev' });
    for (let low = 0; low < 100; low += 1) {
      const hash = new Word64();
      hash.set(low * 7919, low * 104_729);
      const context: PickContext = { hash, wasTried: () => false };
      const first = picker.pick(context);
      for (let i = 0; i < 5; i += 1) expect(picker.pick(context)).toBe(first);
    }
  });

  it('send a retry to the other priority where nothing of the first is left', () => {
    const { picker } = balanced(['0: a b/unhealthy', '1: c']);
    for (const host of ['a', 'c']) {
      const other = host === 'a' ? 'c' : 'a';
      for (let i = 0; i < 50; i += 1) expect(picker.pick({ wasTried: (one) => one.host === host })?.host).toBe(other);
    }
  });

  it('still answer with somebody where all were tried', () => {
    expect(balanced(['0: a b/unhealthy', '1: c']).picker.pick({ wasTried: () => true })).not.toBeNull();
  });

  it('are no layer where only one has a share', () => {
    const { picker } = balanced(['0: a b', '1: c']);
    expect(countHosts(picker, 10)).toEqual({ a: 5, b: 5 });
  });
});

describe('localities by weight', () => {
  it('share by it, whatever the number of their endpoints', () => {
    const { picker } = balanced(['x/0*3: a', 'y/0*1: b c d'], { spec: WEIGHTED });
    expect(countHosts(picker, 1_200)).toEqual({ a: 900, b: 100, c: 100, d: 100 });
  });

  it('are not looked at where the cluster does not say so', () => {
    expect(countHosts(balanced(['x/0*3: a', 'y/0*1: b c d']).picker, 400)).toEqual({ a: 100, b: 100, c: 100, d: 100 });
  });

  it('keep their weight while those that are left can take it, then lose of it', () => {
    // 3 of 4 healthy: 1.4 × 0.75 > 1. 2 of 4: 1.4 × 0.5 = 0.7 of its weight.
    const able = balanced(['x/0*1: a b c d/unhealthy', 'y/0*1: e'], { spec: WEIGHTED }).picker;
    expect(countHosts(able, 600)['e']).toBe(300);
    const unable = balanced(['x/0*1: a b c/unhealthy d/unhealthy', 'y/0*1: e f g'], { spec: WEIGHTED }).picker;
    const counts = countHosts(unable, 1_700);
    expect(Math.abs((counts['a'] ?? 0) + (counts['b'] ?? 0) - 700)).toBeLessThanOrEqual(2);
  });

  it('get nothing with a weight of 0, and nothing while nobody of them is healthy', () => {
    expect(countHosts(balanced(['x/0*0: a', 'y/0*1: b'], { spec: WEIGHTED }).picker, 50)).toEqual({ b: 50 });
    const { picker } = balanced(['x/0*9: a/unhealthy', 'y/0*1: b', 'z/0*1: c'], { spec: WEIGHTED });
    expect(countHosts(picker, 50)).toEqual({ b: 25, c: 25 });
  });

  it('lend a retry to each other', () => {
    const { picker } = balanced(['x/0*3: a', 'y/0*1: b'], { spec: WEIGHTED });
    for (let i = 0; i < 20; i += 1) expect(picker.pick({ wasTried: ({ host }) => host === 'a' })?.host).toBe('b');
  });

  it.each(['ring-hash', 'maglev'] as const)('share the keys of one ring or table: %s', (name) => {
    const { picker } = balanced(['x/0*3: a', 'y/0*1: b c'], { spec: WEIGHTED, name });
    const counts = countHosts(picker, 8_000);
    expect(Math.abs((counts['a'] ?? 0) - 6_000)).toBeLessThan(500);
    expect(Math.abs((counts['b'] ?? 0) - 1_000)).toBeLessThan(400);
  });
});

describe('the nearest endpoints', () => {
  const ZONE: BalancingSpec = { locality: { kind: 'nearest', tiers: ['zone'] } };
  const NODE_AND_ZONE: BalancingSpec = { locality: { kind: 'nearest', tiers: ['node', 'zone'] } };
  const ONLY_NODE: BalancingSpec = { locality: { kind: 'nearest', tiers: ['node'], onlyNode: true } };
  const place: Place = { zone: 'x', node: 'n1' };
  const MESH = ['x/0: a@n1 b@n2', 'y/0: c@n3 d@n3'];

  it('get all requests: those of the zone', () => {
    expect(countHosts(balanced(MESH, { spec: ZONE, place }).picker, 100)).toEqual({ a: 50, b: 50 });
  });

  it('are those of the node first', () => {
    expect(countHosts(balanced(MESH, { spec: NODE_AND_ZONE, place }).picker, 50)).toEqual({ a: 50 });
    const elsewhere = { zone: 'x', node: 'n9' };
    expect(countHosts(balanced(MESH, { spec: NODE_AND_ZONE, place: elsewhere }).picker, 50)).toEqual({ a: 25, b: 25 });
  });

  it('are all where nobody is near, or nobody knows where the caller is', () => {
    for (const at of [{ zone: 'z', node: '' }, UNKNOWN_PLACE]) {
      expect(countHosts(balanced(MESH, { spec: NODE_AND_ZONE, place: at }).picker, 40)).toEqual({
        a: 10,
        b: 10,
        c: 10,
        d: 10,
      });
    }
  });

  it('are those that are meant for the zone, where they say so, instead of those in it', () => {
    const hinted = ['x/0: a>x b>y', 'y/0: c>x,y d>y'];
    expect(countHosts(balanced(hinted, { spec: ZONE, place }).picker, 40)).toEqual({ a: 20, c: 20 });
  });

  it('leave requests to further ones when they are gone, and get them back', () => {
    expect(countHosts(balanced(['x/0: a/unhealthy', 'y/0: c d e'], { spec: ZONE, place }).picker, 30)).toEqual({
      ...{ c: 10, d: 10, e: 10 },
    });
  });

  it('lend a retry to further ones', () => {
    const { picker } = balanced(MESH, { spec: NODE_AND_ZONE, place });
    expect(picker.pick({ wasTried: ({ host }) => host === 'a' })?.host).toBe('b');
    expect('cd').toContain(picker.pick({ wasTried: ({ host }) => 'ab'.includes(host) })?.host);
    expect(picker.pick({ wasTried: () => true })).not.toBeNull();
  });

  it('leave to further ones what would be more than twice the average of all, from 8 requests in work on', () => {
    const found = balanced(['x/0: a', 'y/0: b c d'], { spec: ZONE, place });
    const near = found.eligible.find(({ host }) => host === 'a');
    if (near === undefined) throw new Error('a is not eligible');
    near.activeRequests = 7;
    expect(countHosts(found.picker, 9)).toEqual({ a: 9 });
    near.activeRequests = 8;
    expect(countHosts(found.picker, 9)).toEqual({ b: 3, c: 3, d: 3 });
    for (const endpoint of found.eligible) endpoint.activeRequests = 8;
    expect(countHosts(found.picker, 9)).toEqual({ a: 9 });
  });

  it('may be the only ones: of the node or nobody, draining ones of the node where none is healthy', () => {
    expect(hosts(balanced(MESH, { spec: ONLY_NODE, place }))).toBe('a');
    expect(balanced(MESH, { spec: ONLY_NODE, place: { zone: 'x', node: 'n9' } }).picker.pick(FRESH)).toBeNull();
    expect(hosts(balanced(['x/0: a/draining@n1 b@n2'], { spec: ONLY_NODE, place }))).toBe('a');
    expect(hosts(balanced(MESH, { spec: ONLY_NODE }))).toBe('a b c d');
  });
});

describe('subsets', () => {
  const MESH = ['0: a#v=1,s=1 b#v=1,s=2', '1: c#v=2,s=1 d#v=1'];
  const subsets = (fallback: SubsetFallback, own?: SubsetFallback): Given => ({
    spec: {
      subsets: {
        fallback,
        defaultSubset: { v: '2' },
        selectors: [{ keys: ['v'], ...(own === undefined ? {} : { fallback: own }) }, { keys: ['s', 'v'] }],
      },
    },
  });
  /** Who gets requests that ask for these labels; '-' = nobody. */
  const asked = (labels: SubsetLabels, given: Given, lines: readonly string[] = MESH): string => {
    const context: PickContext = { subset: subsetIdOf(labels), wasTried: () => false };
    return Object.keys(countHosts(balanced(lines, given).picker, 60, context))
      .sort()
      .join(' ');
  };

  it('are those who have all labels that are asked for, by priority as ever', () => {
    expect(asked({ v: '1' }, subsets('none'))).toBe('a b');
    expect(asked({ v: '2' }, subsets('none'))).toBe('c');
    expect(asked({ v: '1', s: '2' }, subsets('none'))).toBe('b');
    expect(asked({ s: '2', v: '1' }, subsets('none'))).toBe('b');
    expect(asked({ v: '1' }, subsets('none'), ['0: a/unhealthy#v=1 b#v=2', '1: d#v=1'])).toBe('d');
  });

  it.each<readonly [SubsetFallback, string]>([
    ['none', '-'],
    ['any', 'a b'],
    ['default', 'c'],
  ])(
    'are replaced, with the fallback %s, by "%s": where nobody is in one, it is no selector, or none is asked for',
    (fallback, instead) => {
      expect(asked({ v: '9' }, subsets(fallback))).toBe(instead);
      expect(asked({ s: '1' }, subsets(fallback))).toBe(instead);
      expect(asked({}, subsets(fallback))).toBe(instead);
    },
  );

  it('follow the fallback of their selector before that of the cluster', () => {
    expect(asked({ v: '9' }, subsets('any', 'none'))).toBe('-');
    expect(asked({ s: '9', v: '9' }, subsets('any', 'none'))).toBe('a b');
  });

  it('are made once for each that is asked for', () => {
    const { picker } = balanced(MESH, subsets('none'));
    const context: PickContext = { subset: subsetIdOf({ v: '1' }), wasTried: () => false };
    expect(countHosts(picker, 100, context)).toEqual({ a: 50, b: 50 });
  });
});
