// Promises of what routes say of filters: who has his way, and what stays the same object when routes come anew.

import { seededRandom } from '../../../../src/base/random.ts';
import type { FilterOverrideSpec, FilterOverridesSpec } from '../../../../src/model/http-filter-spec.ts';
import type { RouteConfigSpec, RouteSpec } from '../../../../src/model/route-spec.ts';
import { FilterOverrides } from '../../../../src/proxy/route/filter-overrides.ts';
import { RouteTable } from '../../../../src/proxy/route/route-table.ts';
import { requestHead } from '../codec/http1/heads.ts';

const OFF: FilterOverrideSpec = { disabled: true };
const ON: FilterOverrideSpec = {};

/** A copy each time, as configuration brings it. */
function tableOf(config: Omit<RouteConfigSpec, 'name'>, before: RouteTable | null = null): RouteTable {
  const spec = JSON.parse(JSON.stringify({ name: 'r', ...config })) as RouteConfigSpec;
  return new RouteTable(spec, (name) => ({ name, cluster: null }), seededRandom(1), before);
}

function route(path: string, filters?: FilterOverridesSpec): RouteSpec {
  const match = { path: { kind: 'exact', value: path } } as const;
  return { name: '', match, action: { cluster: 'c', timeoutMs: 0 }, ...(filters === undefined ? {} : { filters }) };
}

function find(table: RouteTable, path: string) {
  return table.match(requestHead([`GET ${path} HTTP/1.1`, 'Host: web']))?.destination;
}

function said(table: RouteTable, path: string): readonly FilterOverrideSpec[] {
  return find(table, path)?.filters?.of('f') ?? [];
}

describe('what levels say of a filter', () => {
  it('is told from the most specific on, without those that do not speak of it', () => {
    const overrides = FilterOverrides.compile([undefined, { f: OFF }, { other: OFF }, { f: ON }]);
    expect(overrides?.of('f')).toEqual([OFF, ON]);
    expect(overrides?.of('nobody')).toEqual([]);
  });

  it('is nothing for names that every object has', () => {
    const overrides = FilterOverrides.compile([{ f: OFF }]);
    expect(['constructor', 'toString', '__proto__'].flatMap((name) => overrides?.of(name))).toEqual([]);
  });

  it('is nothing at all where no level says anything', () => {
    expect(FilterOverrides.compile([undefined, undefined])).toBeNull();
    const table = tableOf({ virtualHosts: [{ name: 'h', domains: ['*'], routes: [route('/a')] }] });
    expect(find(table, '/a')?.filters).toBeNull();
  });
});

describe('routes that come anew', () => {
  const host = (routes: readonly RouteSpec[], filters?: FilterOverridesSpec) => ({
    virtualHosts: [{ name: 'h', domains: ['*'], routes, ...(filters === undefined ? {} : { filters }) }],
  });

  it('keep the object of a level that says the same, wherever its route stands now', () => {
    const first = tableOf(host([route('/a', { f: OFF })]));
    const second = tableOf(host([route('/new'), route('/a', { f: OFF })]), first);
    const third = tableOf(host([route('/a', { f: OFF }), route('/b', { f: OFF })]), second);
    expect(said(second, '/a')[0]).toBe(said(first, '/a')[0]);
    expect(said(third, '/a')[0]).toBe(said(first, '/a')[0]);
    // It says the same, and is another route.
    expect(said(third, '/b')[0]).not.toBe(said(first, '/a')[0]);
  });

  it('share the object of their virtual host', () => {
    const table = tableOf(host([route('/a'), route('/b', { f: ON })], { f: OFF }));
    expect(said(table, '/a')).toEqual([OFF]);
    expect(said(table, '/b')).toEqual([ON, OFF]);
    expect(said(table, '/b')[1]).toBe(said(table, '/a')[0]);
  });

  it('have another object where the level says something else, and for what was gone in between', () => {
    const first = tableOf(host([route('/a', { f: OFF })]));
    const changed = tableOf(host([route('/a', { f: ON })]), first);
    expect(said(changed, '/a')[0]).toEqual(ON);
    const back = tableOf(host([route('/a', { f: OFF })]), changed);
    expect(said(back, '/a')[0]).not.toBe(said(first, '/a')[0]);
  });
});
