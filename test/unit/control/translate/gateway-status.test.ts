// What the status of a route of Gateway API says of each of its parents.
import { routeStatuses } from '../../../../src/control/translate/gateway/route-status.ts';
import { route, SERVICES, to } from '../../../support/gateway-text.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

describe('the status of a route', () => {
  const conditions = (text: string) =>
    routeStatuses(new TextMesh(SERVICES + text).translate().gatewayRoutes).map(({ kind, name, parents }) => [
      `${kind} ${name}`,
      ...parents.map((parent) => parent.conditions.map(({ type, status, reason }) => `${type}=${status} ${reason}`)),
    ]);
  const fine = ['Accepted=True Accepted', 'ResolvedRefs=True ResolvedRefs'];

  it('is accepted and resolved, for each parent by itself, under our name', () => {
    const two = route('r', to('v1')).replace(
      '}], rules',
      '}, {group: "", kind: Service, name: gone}, {name: gateway}], rules',
    );
    expect(conditions(two)).toEqual([
      ['HTTPRoute r', fine, ['Accepted=False NoMatchingParent', 'ResolvedRefs=True ResolvedRefs']],
    ]);
    const [status] = routeStatuses(new TextMesh(SERVICES + two).translate().gatewayRoutes);
    expect(status?.parents[0]).toMatchObject({
      parentRef: { group: '', kind: 'Service', name: 'web' },
      controllerName: 'switchboard.dev/mesh',
    });
  });

  it.each([
    [to('gone'), 'ResolvedRefs=False BackendNotFound'],
    ['{backendRefs: [{name: v1, port: 81}]}', 'ResolvedRefs=False BackendNotFound'],
    ['{backendRefs: [{name: far, namespace: other, port: 80}]}', 'ResolvedRefs=False RefNotPermitted'],
    ['{backendRefs: [{kind: Bucket, name: far, port: 80}]}', 'ResolvedRefs=False InvalidKind'],
  ])('of %s says %s', (rule, condition) => {
    expect(conditions(route('r', rule))).toEqual([['HTTPRoute r', ['Accepted=True Accepted', condition]]]);
  });

  it('says PartiallyInvalid where a rule cannot be obeyed', () => {
    const filter = ', filters: [{type: ExtensionRef, extensionRef: {group: a, kind: B, name: c}}]';
    expect(conditions(route('r', `${to('v1')}, ${to('v1', filter)}`))).toEqual([
      ['HTTPRoute r', [...fine, 'PartiallyInvalid=True UnsupportedValue']],
    ]);
  });

  it('says Conflicted where routes of gRPC have all of its ports, and not where they have some', () => {
    const grpc = (parent: string) => route('g', to('v2'), { kind: 'GRPCRoute', parent });
    expect(conditions(route('h', to('v1')) + grpc('name: web'))).toEqual([
      ['GRPCRoute g', fine],
      ['HTTPRoute h', ['Accepted=False Conflicted', 'ResolvedRefs=True ResolvedRefs']],
    ]);
    expect(conditions(route('h', to('v1')) + grpc('name: web, port: 80'))[1]).toEqual(['HTTPRoute h', fine]);
  });

  it('is not told of routes that have no Service as a parent', () => {
    expect(conditions(route('r', to('v1')).replace('group: "", kind: Service, name: web', 'name: gateway'))).toEqual(
      [],
    );
  });
});
