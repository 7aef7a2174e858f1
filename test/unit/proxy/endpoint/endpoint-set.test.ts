// What survives a change of endpoints.
import type { EndpointHealth, EndpointSpec, LoadAssignmentSpec } from '../../../../src/model/endpoint-spec.ts';
import type { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import { EndpointSet } from '../../../../src/proxy/endpoint/endpoint-set.ts';

/** `host[/health[/priority]]` each. */
function assignment(...endpoints: readonly string[]): LoadAssignmentSpec {
  const localities = endpoints.map((text) => {
    const [host = '', health = 'healthy', priority = '0'] = text.split('/');
    const spec: EndpointSpec = { host, port: 80, health: health as EndpointHealth, weight: 1 };
    const locality = { region: '', zone: priority, subZone: '' };
    return { locality, priority: Number(priority), weight: 1, endpoints: [spec] };
  });
  return { name: 'web', localities };
}

function scene() {
  const removed: string[] = [];
  const clock = { nowMs: 0 };
  const set = new EndpointSet(
    (endpoint) => removed.push(endpoint.host),
    () => clock.nowMs,
  );
  return { set, removed, clock };
}

const hosts = (endpoints: Iterable<Endpoint>): string => [...endpoints].map(({ host }) => host).join(' ');

describe('a change of endpoints', () => {
  it('keeps those that stay, with their numbers, and tells of those that have gone', () => {
    const { set, removed } = scene();
    set.update(assignment('a', 'b'));
    const [a] = set.all;
    if (a !== undefined) a.activeRequests = 3;
    set.update(assignment('c', 'a/draining'));
    expect([...set.all][1]).toBe(a);
    expect([a?.activeRequests, a?.spec.health]).toEqual([3, 'draining']);
    expect([hosts(set.all), removed]).toEqual(['c a', ['b']]);
  });

  it('makes a new one of an address that has gone and comes back', () => {
    const { set } = scene();
    set.update(assignment('a'));
    const [before] = set.all;
    set.update(assignment());
    set.update(assignment('a'));
    expect([...set.all][0]).not.toBe(before);
  });

  it('takes an address that is given twice once, the first time', () => {
    const { set } = scene();
    set.update(assignment('a', 'a/unhealthy/1'));
    expect([set.size, set.localities.map(({ endpoints }) => hosts(endpoints))]).toEqual([1, ['a', '']]);
    expect([...set.all][0]?.spec.health).toBe('healthy');
  });

  it('leaves alone what was handed out before it', () => {
    const { set } = scene();
    set.update(assignment('a', 'b'));
    const before = set.localities;
    set.update(assignment('c'));
    const told = [before, set.localities].map((all) => all.map(({ endpoints }) => hosts(endpoints)).join(' '));
    expect(told).toEqual(['a b', 'c']);
  });

  it('remembers since when each is healthy: since it came, or was healthy again', () => {
    const { set, clock } = scene();
    const since = () => [...set.all].map(({ host, healthySinceMs }) => `${host}${healthySinceMs}`).join(' ');
    clock.nowMs = 5;
    set.update(assignment('a', 'b/unhealthy'));
    clock.nowMs = 7;
    set.update(assignment('a', 'b', 'c'));
    expect(since()).toBe('a5 b7 c7');
    clock.nowMs = 9;
    set.update(assignment('a/draining', 'b', 'c'));
    set.update(assignment('a', 'b', 'c'));
    expect(since()).toBe('a9 b7 c7');
  });
});
