// What is told of parents of Gateway API's routes: which are no Services, were meant as one, or have no such port.
import type { RouteConfigSpec } from '../../../../src/model/route-spec.ts';
import { route, SERVICES, service, to } from '../../../support/gateway-text.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

/** The routes of `web:80` but that of CONNECT. */
function names(mesh: TextMesh): readonly (string | undefined)[] {
  const config = mesh.onDemand({ namespace: 'shop' }).routes.get('web.shop.svc.cluster.local:80') as RouteConfigSpec;
  const routes = config.virtualHosts.flatMap((host) => host.routes).filter(({ match }) => match.connect !== true);
  return routes.map(({ name }) => name);
}

describe('parents', () => {
  it.each([
    [
      'name: gone',
      'there is no Service "gone" in namespace "shop", so the route concerns nobody; name a Service that there is',
    ],
    ['name: wbe', 'there is no Service "wbe" in namespace "shop", so the route concerns nobody; did you mean web?'],
    ['name: web, port: 81', 'Service "web" has no TCP port 81; name one of 80 "http", 8080 "alt"'],
    [
      'name: bare',
      'Service "bare" is headless: it has no address that callers could mean; make a Service with a ClusterIP the parent',
    ],
  ])('{%s} is told', (parent, issue) => {
    const headless = service('bare', 'shop', 'clusterIP: None, ports: [{port: 80}]');
    const mesh = new TextMesh(SERVICES + headless + route('r', to('v1'), { parent }));
    expect(mesh.issues().map((text) => text.replace(/^mesh.yaml:\d+: /, ''))).toEqual([`spec.parentRefs[0]: ${issue}`]);
  });

  it('that are Gateways are none of ours, nor is what such a route gets wrong', () => {
    const gateway = route('r', to('gone')).replace('group: "", kind: Service, name: web', 'name: gateway');
    const mesh = new TextMesh(SERVICES + gateway);
    expect([mesh.issues(), names(mesh)]).toEqual([[], ['default']]);
  });

  it.each([
    ['kind: Service, name: web', 'Service'],
    ['name: web', 'Gateway'],
  ])('that were meant as Services, {%s}, are told, as long as there is such a Service', (parent, kind) => {
    const gateway = route('r', to('v1')).replace('group: "", kind: Service, name: web', parent);
    const mesh = new TextMesh(gateway);
    if (kind === 'Gateway') expect(mesh.issues()).toEqual([]);
    mesh.add(SERVICES);
    expect(mesh.issues().map((text) => text.replace(/^mesh.yaml:\d+: /, ''))).toEqual([
      `spec.parentRefs[0]: is a ${kind} of group gateway.networking.k8s.io, so callers of Service "web" are not concerned; write group: "" and kind: Service, if it is the Service that is meant`,
    ]);
    expect(names(mesh)).toEqual(['default']);
  });
});
