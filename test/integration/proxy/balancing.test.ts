// Promises of load balancing that need real requests: what algorithms learn from them.

import type { EndpointSpec } from '../../../src/model/endpoint-spec.ts';
import type { RouteActionSpec, RouteSpec } from '../../../src/model/route-spec.ts';
import type { LivePlane, LivePlaneOptions, TestAddress } from '../../support/live-plane.ts';
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

function withoutHash(route: RouteSpec): RouteSpec {
  const action = { ...route.action };
  if ('hashPolicies' in action) delete action.hashPolicies;
  return { ...route, action };
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

describe.each(['ring-hash', 'maglev'] as const)('%s', (loadBalancer) => {
  const by = (hashPolicies: RouteActionSpec['hashPolicies'], more: LivePlaneOptions = {}): LivePlaneOptions => ({
    ...more,
    cluster: { loadBalancer },
    action: { hashPolicies: hashPolicies ?? [] },
  });
  const keyed = (key: string): string => get('web', '/', `x-key: ${key}\r\n`);

  it('sends the requests of one key to one pod, over any connection, and those of 30 keys to all of three pods', async () => {
    const pods = await Promise.all(['a', 'b', 'c'].map((name) => stage.backend(named(name))));
    const plane = await stage.plane(by([{ kind: 'header', name: 'x-key' }], { services: { web: pods } }));
    const owners = new Map<string, string>();
    for (let round = 0; round < 3; round += 1) {
      const client = await plane.client();
      for (let key = 0; key < 30; key += 1) {
        const { text } = await client.ask(keyed(`user-${key}`));
        expect(owners.get(`user-${key}`) ?? text).toBe(text);
        owners.set(`user-${key}`, text);
      }
    }
    expect(new Set(owners.values()).size).toBe(3);
  });

  it('sends a key whose pod refuses connections to one and the same other pod', async () => {
    const refusing = await stage.refusing();
    const pods = await Promise.all(['a', 'b', 'c'].map((name) => stage.backend(named(name))));
    const services = { web: [refusing, ...pods] };
    const plane = await stage.plane(by([{ kind: 'header', name: 'x-key' }], { services }));
    const client = await plane.client();
    for (let key = 0; key < 20; key += 1) {
      const [first, second] = [await client.ask(keyed(`user-${key}`)), await client.ask(keyed(`user-${key}`))];
      expect([first.status, second.text]).toEqual([200, first.text]);
    }
    expect(plane.stat('cluster.web.upstream_cx_connect_fail')).toBeGreaterThan(0);
  });

  it('gives a caller without the cookie one, and keeps it to its pod by that; over HTTP/1.0 as well', async () => {
    const pods = await Promise.all(['a', 'b', 'c'].map((name) => stage.backend(named(name))));
    const cookie = { kind: 'cookie' as const, name: 'cart', ttlMs: 3_600_000, path: '/' };
    const plane = await stage.plane(by([cookie], { services: { web: pods } }));
    const client = await plane.client();
    const values = new Set<string>();
    for (let caller = 0; caller < 10; caller += 1) {
      const first = await client.ask(get('web'));
      const made = first.get('set-cookie') ?? '';
      expect(made).toMatch(/^cart="[0-9a-f]{16}"; Max-Age=3600; Path=\/; HttpOnly$/);
      values.add(made);
      const again = await client.ask(get('web', '/', `Cookie: ${made.slice(0, made.indexOf(';'))}\r\n`));
      expect([again.text, again.get('set-cookie')]).toEqual([first.text, undefined]);
    }
    expect(values.size).toBe(10);
    const old = await (await plane.client()).ask('GET / HTTP/1.0\r\nHost: web\r\n\r\n');
    expect(old.get('set-cookie')).toContain('cart=');
  });

  it('forgets hash and cookie with their request: the next one on the connection has none of them', async () => {
    const pods = await Promise.all(['a', 'b', 'c'].map((name) => stage.backend(named(name))));
    const cookie = { kind: 'cookie' as const, name: 'cart', ttlMs: 0 };
    const plane = await stage.plane(by([cookie], { services: { web: pods } }));
    const client = await plane.client();
    expect((await client.ask(get('web'))).get('set-cookie')).toContain('cart=');
    const routes = plane.routes(['web']);
    const virtualHosts = routes.virtualHosts.map((host) => ({ ...host, routes: host.routes.map(withoutHash) }));
    plane.apply({ routes: { upserted: [{ ...routes, virtualHosts }], removed: [] } });
    const seen = new Set<string>();
    for (let i = 0; i < 40; i += 1) {
      const answer = await client.ask(get('web'));
      expect(answer.get('set-cookie')).toBeUndefined();
      seen.add(answer.text);
    }
    expect(seen.size).toBe(3);
  });
});

describe('round robin', () => {
  it('makes no cookie, whatever the route says of hashes', async () => {
    const pod = await stage.backend(named('a'));
    const hashPolicies = [{ kind: 'cookie' as const, name: 'cart', ttlMs: 0 }];
    const plane = await stage.plane({ services: { web: [pod] }, action: { hashPolicies } });
    expect((await (await plane.client()).ask(get('web'))).get('set-cookie')).toBeUndefined();
  });
});

describe('slow start', () => {
  it('gives a pod that comes to two others an eleventh of the 600 requests at first, and its third after the window', async () => {
    const clock = new ManualClock();
    const pods = await Promise.all(['a', 'b', 'c'].map((name) => stage.backend(named(name))));
    const slowStart = { windowMs: 60_000, aggression: 1, minWeightPercent: 20 };
    const plane = await stage.plane({
      services: { web: pods.slice(0, 2) },
      clock,
      cluster: { balancing: { slowStart } },
    });
    clock.advance(120_000);
    plane.setEndpoints('web', pods);
    const at = async (): Promise<number> => (await ask(plane, 600))['c'] ?? 0;
    // 0.2 ÷ 2.2 of them.
    expect(Math.abs((await at()) - 55)).toBeLessThan(25);
    clock.advance(60_000);
    expect(await at()).toBe(200);
  });
});

describe('a route that asks for a subset', () => {
  it('reaches the pods that have its labels, a retry too, and nobody where none has', async () => {
    const [a, b] = [await stage.backend(named('a')), await stage.backend(named('b'))];
    const refusing = await stage.refusing();
    const subsets = { fallback: 'none' as const, defaultSubset: {}, selectors: [{ keys: ['version'] }] };
    const cluster = { balancing: { subsets } };
    const plane = await stage.plane({ services: { web: [] }, cluster, action: { subset: { version: '"v2"' } } });
    const labelled = (version: string, ...pods: readonly TestAddress[]) =>
      pods.map(({ host, port }) => ({
        ...{ host, port, health: 'healthy' as const, weight: 1 },
        labels: { version: `"${version}"` },
      }));
    const assign = (endpoints: readonly EndpointSpec[]): void => {
      const locality = { region: '', zone: '', subZone: '' };
      const localities = [{ locality, priority: 0, weight: 1, endpoints }];
      plane.apply({ endpoints: { upserted: [{ name: 'web', localities }], removed: [] } });
    };
    assign([...labelled('v1', a), ...labelled('v2', b, refusing)]);
    expect(await ask(plane, 10)).toEqual({ b: 10 });
    assign([...labelled('v2', refusing), ...labelled('v1', a)]);
    expect(await ask(plane, 1)).toEqual({ 503: 1 });
    expect((await plane.logged(plane.log.length - 1)).attempts).toBe(3);
    assign(labelled('v1', a));
    const answer = await (await plane.client()).ask(get('web'));
    expect(answer.get('x-switchboard-error')).toBe('UH no_healthy_upstream');
    expect(answer.text).toContain('none of them ready in the subset of the route');
  });
});
