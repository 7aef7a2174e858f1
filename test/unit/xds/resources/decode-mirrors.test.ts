// Which mirrors a route has: its own, else those of its virtual host, else those of the route configuration.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import type { MirrorSpec } from '../../../../src/model/mirror-spec.ts';
import { RouteConfigurationSchema } from '../../../../src/xds/gen/envoy/config/route/v3/route_pb.ts';
import { FractionalPercent_DenominatorType as Denominator } from '../../../../src/xds/gen/envoy/type/v3/percent_pb.ts';
import { ROUTE_TYPE } from '../../../../src/xds/resources/route.ts';

type Init = MessageInitShape<typeof RouteConfigurationSchema>;
type Policies = NonNullable<Init['requestMirrorPolicies']>;

const to = (cluster: string): Policies => [{ cluster }];

/** Of the only route, or what is wrong with it. */
function mirrorsOf(outer: Policies, host: Policies, own: Policies, connect = false): readonly MirrorSpec[] | string[] {
  const pathSpecifier = connect
    ? ({ case: 'connectMatcher', value: {} } as const)
    : ({ case: 'prefix', value: '/' } as const);
  const route = {
    clusterSpecifier: { case: 'cluster', value: 'web' },
    requestMirrorPolicies: own,
    upgradeConfigs: connect ? [{ upgradeType: 'CONNECT', connectConfig: {} }] : [],
  } as const;
  const routes = [{ match: { pathSpecifier }, action: { case: 'route', value: route } }] as const;
  const init: Init = {
    name: 'r',
    requestMirrorPolicies: outer,
    virtualHosts: [{ name: 'v', domains: ['*'], requestMirrorPolicies: host, routes: [...routes] }],
  };
  const { result } = ROUTE_TYPE.decode(toBinary(RouteConfigurationSchema, create(RouteConfigurationSchema, init)));
  if (!result.ok) return result.issues.map(({ path, message }) => `${path} ${message}`);
  const action = result.value.virtualHosts[0]?.routes[0]?.action;
  return action !== undefined && 'cluster' in action ? (action.mirrors ?? []) : [];
}

const all = (cluster: string): MirrorSpec => ({ cluster, percent: 100 });

describe('the mirrors of a route', () => {
  it('are its own, else those of its virtual host, else those of the route configuration', () => {
    expect(mirrorsOf(to('outer'), to('host'), to('own'))).toEqual([all('own')]);
    expect(mirrorsOf(to('outer'), to('host'), [])).toEqual([all('host')]);
    expect(mirrorsOf(to('outer'), [], [])).toEqual([all('outer')]);
    expect(mirrorsOf([], [], [])).toEqual([]);
  });

  it('take the share that is said, of a hundred, ten thousand or a million', () => {
    const share = (numerator: number, denominator: Denominator): Policies => [
      { cluster: 'm', runtimeFraction: { defaultValue: { numerator, denominator } } },
    ];
    expect(mirrorsOf([], [], share(25, Denominator.HUNDRED))).toEqual([{ cluster: 'm', percent: 25 }]);
    expect(mirrorsOf([], [], share(1, Denominator.TEN_THOUSAND))).toEqual([{ cluster: 'm', percent: 0.01 }]);
    expect(mirrorsOf([], [], share(15, Denominator.MILLION))).toEqual([{ cluster: 'm', percent: 0.0015 }]);
    expect(mirrorsOf([], [], share(500, Denominator.HUNDRED))).toEqual([{ cluster: 'm', percent: 100 }]);
  });

  it('of CONNECT are refused where they are its own, and none otherwise', () => {
    expect(mirrorsOf(to('outer'), [], [], true)).toEqual([]);
    expect(mirrorsOf([], [], to('own'), true)).toEqual([
      'virtual_hosts[0].routes[0].route.request_mirror_policies is not supported for CONNECT',
    ]);
  });

  it('have a cluster, and a Host that is one', () => {
    expect(mirrorsOf([], [], [{ cluster: '', hostRewriteLiteral: 'a b' }])).toEqual([
      'virtual_hosts[0].routes[0].route.request_mirror_policies[0].cluster is empty',
      'virtual_hosts[0].routes[0].route.request_mirror_policies[0].host_rewrite_literal "a b" is not a host',
    ]);
  });
});
