// What routes of Gateway API make of the Services that are their parents: which of them take effect where, and in which order.
import type { RouteConfigSpec, RouteSpec } from '../../../../src/model/route-spec.ts';
import { on, path, route, SERVICES, service, to } from '../../../support/gateway-text.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const WEB = 'web.shop.svc.cluster.local';
const cluster = (name: string, namespace = 'shop') => `outbound|80|${name}.${namespace}.svc.cluster.local`;

/** The routes of `web:80` but that of CONNECT, as callers of a namespace have them. */
function routesOf(mesh: TextMesh, namespace = 'shop', port = 80): readonly RouteSpec[] {
  const config = mesh.onDemand({ namespace }).routes.get(`${WEB}:${port}`) as RouteConfigSpec;
  return config.virtualHosts.flatMap(({ routes }) => routes).filter(({ match }) => match.connect !== true);
}

const names = (mesh: TextMesh, namespace?: string, port?: number) =>
  routesOf(mesh, namespace, port).map(({ name }) => name);

describe('routes of one Service port', () => {
  it('are tried exact paths first, then patterns, then the longest prefix, then by method, headers and query', () => {
    const rules = [
      to('v1', on(path('PathPrefix', '/'))),
      to('v1', on(`${path('PathPrefix', '/a')}, queryParams: [{name: q, value: "1"}]`)),
      to('v1', on(`${path('PathPrefix', '/a')}, headers: [{name: h, value: "1"}]`)),
      to('v1', on(`${path('PathPrefix', '/a')}, headers: [{name: h, value: "1"}, {name: i, value: "1"}]`)),
      to('v1', on(`${path('PathPrefix', '/a')}, method: GET`)),
      to('v1', on(path('PathPrefix', '/a/b'))),
      to('v1', on(path('RegularExpression', '/.*'))),
      to('v1', on(path('Exact', '/'))),
    ];
    const mesh = new TextMesh(SERVICES + route('r', rules.join(', ')));
    expect(names(mesh)).toEqual([7, 6, 5, 4, 3, 2, 1, 0].map((index) => `shop/r/${index}`));
  });

  it('are those of the older object, then of the first by name, then of the first rule, where nothing else decides', () => {
    const mesh = new TextMesh(
      SERVICES +
        route('b', to('v1')) +
        route('c', `${to('v1')}, ${to('v2')}`) +
        route('young', to('v1'), { created: '2026-02-01T00:00:00Z' }) +
        route('old', to('v1'), { created: '2026-01-01T00:00:00Z' }),
    );
    expect(names(mesh)).toEqual(['shop/b/0', 'shop/c/0', 'shop/c/1', 'shop/old/0', 'shop/young/0']);
  });

  it.each([
    ['name: web, port: 80', [80]],
    ['name: web, sectionName: alt', [8080]],
    ['name: web, sectionName: alt, port: 80', []],
    ['name: web', [80, 8080]],
  ])('of the parent {%s} are those of the ports %j', (parent, ports) => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1'), { parent }));
    expect([80, 8080].filter((port) => names(mesh, 'shop', port).includes('shop/r/0'))).toEqual(ports);
  });

  it('leave CONNECT, whose bytes nobody looks into, where it was', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1')));
    const [first] = mesh.onDemand().routes.get(`${WEB}:80`)?.virtualHosts[0]?.routes ?? [];
    expect(first).toEqual({
      name: 'connect',
      match: { path: { kind: 'prefix', value: '/' }, connect: true },
      action: { cluster: cluster('web'), timeoutMs: 0 },
    });
  });

  it('are the same for Envoy, for gRPC clients and for redirected connections', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1')));
    const last = (config: RouteConfigSpec | undefined) =>
      config?.virtualHosts.find(({ name }) => name === `${WEB}:80`)?.routes.at(-1)?.name;
    expect(last(mesh.snapshot('shop').routes.get('proxy/shop'))).toBe('shop/r/0');
    expect(last(mesh.snapshot('any').routes.get('proxy/any'))).toBe('shop/r/0');
    expect(last(mesh.intercepted().routes.get(`${WEB}:80`))).toBe('shop/r/0');
  });
});

describe('routes of another namespace than their parent', () => {
  const consumer = route('mine', to('v2', ''), { namespace: 'mall', parent: 'name: web, namespace: shop' }).replace(
    'name: v2,',
    'name: v2, namespace: shop,',
  );

  it('concern callers of their own namespace, in the place of all others', () => {
    const mesh = new TextMesh(SERVICES + route('everybody', to('v1')) + consumer);
    expect([names(mesh, 'mall'), names(mesh, 'shop'), names(mesh, 'other')]).toEqual([
      ['mall/mine/0'],
      ['shop/everybody/0'],
      ['shop/everybody/0'],
    ]);
    const proxy = (namespace: string) =>
      mesh
        .snapshot(namespace)
        .routes.get(`proxy/${namespace}`)
        ?.virtualHosts.find(({ name }) => name === `${WEB}:80`)
        ?.routes.at(-1)?.name;
    expect([proxy('mall'), proxy('shop')]).toEqual(['mall/mine/0', 'shop/everybody/0']);
  });

  it('cost other namespaces nothing: all of those share one map of routes', () => {
    const mesh = new TextMesh(SERVICES + consumer);
    const [shop, other, mall] = ['shop', 'other', 'mall'].map((namespace) => mesh.onDemand({ namespace }));
    expect(shop?.routes).toBe(other?.routes);
    expect(mall?.routes).not.toBe(other?.routes);
    expect(mall?.routes.get('v1.shop.svc.cluster.local:80')).toBe(other?.routes.get('v1.shop.svc.cluster.local:80'));
  });
});

describe('a GRPCRoute', () => {
  it('is tried by the length of service and method', () => {
    const rules = [
      to('v1'),
      to('v1', on('method: {method: Get}')),
      to('v1', on('method: {service: a.Cart}')),
      to('v1', on('method: {service: a.Cart, method: Get}')),
      to('v1', on('method: {type: RegularExpression, service: "a[.].*", method: "G.*"}')),
    ];
    const mesh = new TextMesh(SERVICES + route('r', rules.join(', '), { kind: 'GRPCRoute' }));
    expect(routesOf(mesh).map(({ match }) => match.path)).toEqual([
      { kind: 'exact', value: '/a.Cart/Get' },
      { kind: 'regex', pattern: '/(?:a[.].*)/(?:G.*)' },
      { kind: 'prefix', value: '/a.Cart/' },
      { kind: 'regex', pattern: '/[^/]+/Get' },
      { kind: 'prefix', value: '/' },
    ]);
  });

  it('puts HTTPRoutes of the same port out of force, and they say so', () => {
    const mesh = new TextMesh(
      SERVICES + route('h', to('v1')) + route('g', to('v2'), { kind: 'GRPCRoute', parent: 'name: web, port: 80' }),
    );
    expect([names(mesh), names(mesh, 'shop', 8080)]).toEqual([['shop/g/0'], ['shop/h/0']]);
    expect(mesh.issues()).toContainEqual(
      'mesh.yaml:25: spec.parentRefs[0]: GRPCRoute shop/g is attached to port 80 of Service "web" too, and goes first: this route has no effect there; attach them to different ports',
    );
  });
});

describe('backends', () => {
  const share = (mesh: TextMesh) =>
    routesOf(mesh).map(({ match, action }) => [match.share, 'status' in action ? action.status : action]);

  it('that cannot be used answer 500 for their share', () => {
    const refs = '{backendRefs: [{name: v1, port: 80, weight: 3}, {name: gone, port: 80}]}';
    const mesh = new TextMesh(SERVICES + route('r', refs));
    expect(share(mesh)).toEqual([
      [{ numerator: 250_000, denominator: 1_000_000 }, 500],
      [undefined, { cluster: cluster('v1'), timeoutMs: 0 }],
    ]);
    expect(mesh.issues()).toEqual([
      'mesh.yaml:25: spec.rules[0].backendRefs[1]: there is no Service "gone" in namespace "shop"; name a Service that there is',
    ]);
    mesh.add(service('gone'));
    expect([share(mesh).length, mesh.issues()]).toEqual([1, []]);
  });

  it.each([
    ['{name: v1, port: 81}', 'Service "v1" has no TCP port 81; name one of 80, 8080'],
    [
      '{name: far, namespace: other, port: 80}',
      'namespace "other" does not let routes of "shop" refer to its Service "far"; add a ReferenceGrant to "other"',
    ],
    ['{group: a.b, kind: Bucket, name: x}', 'Bucket (a.b) is no backend that is known here; name a Service'],
    [
      '{name: db, port: 5432}',
      'port 5432 of Service "db" says that it speaks postgres, which no request can be sent to; name a port that speaks HTTP',
    ],
  ])('%s alone answers every request, and says why', (ref, why) => {
    const db = service('db', 'shop', 'ports: [{name: postgres, port: 5432}]');
    const mesh = new TextMesh(SERVICES + db + route('r', `{backendRefs: [${ref}]}`));
    expect(share(mesh)).toEqual([[undefined, 500]]);
    expect(mesh.issues().map((issue) => issue.replace(/^mesh.yaml:\d+: /, ''))).toEqual([
      `spec.rules[0].backendRefs[0]: ${why}`,
    ]);
  });

  it('that are misspelt are told with what was meant, as soon as that is there', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('shiping')));
    const shipping = service('shipping', 'shop');
    const remedies = () => mesh.issues().map((issue) => issue.slice(issue.lastIndexOf('; ') + 2));
    expect(remedies()).toEqual(['name a Service that there is']);
    mesh.add(shipping);
    expect(remedies()).toEqual(['did you mean shipping?']);
    mesh.remove(shipping);
    expect(remedies()).toEqual(['name a Service that there is']);
  });

  it('of another namespace are used as soon, and as long, as a ReferenceGrant says so', () => {
    const refs = '{backendRefs: [{name: far, namespace: other, port: 80}]}';
    const mesh = new TextMesh(SERVICES + route('r', refs));
    const grant = (from: string, toName: string) =>
      `---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: {name: g, namespace: other}\n` +
      `spec: {from: [{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: ${from}}], to: [{group: "", kind: Service${toName}}]}\n`;
    const granted = [[undefined, { cluster: cluster('far', 'other'), timeoutMs: 0 }]];
    expect(share(mesh)).toEqual([[undefined, 500]]);
    expect(share(mesh.add(grant('shop', '')))).toEqual(granted);
    expect(share(mesh.add(grant('shop', ', name: near')))).toEqual([[undefined, 500]]);
    expect(share(mesh.add(grant('shop', ', name: far')))).toEqual(granted);
    expect(share(mesh.add(grant('mall', '')))).toEqual([[undefined, 500]]);
    expect(share(mesh.add(grant('shop', '')))).toEqual(granted);
    expect(share(mesh.remove(grant('shop', '')))).toEqual([[undefined, 500]]);
  });

  it('whose weights are all 0, and none at all, answer 500', () => {
    const mesh = new TextMesh(SERVICES + route('r', `{backendRefs: [{name: v1, port: 80, weight: 0}]}, {name: none}`));
    expect(share(mesh)).toEqual([
      [undefined, 500],
      [undefined, 500],
    ]);
  });

  it('share by their weights, each with its own changes of headers', () => {
    const filter = 'filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: A, value: b}]}}]';
    const refs = `{backendRefs: [{name: v1, port: 80, weight: 9, ${filter}}, {name: v2, port: 80}]}`;
    const [only] = routesOf(new TextMesh(SERVICES + route('r', refs)));
    expect(only?.action).toMatchObject({
      cluster: [
        {
          name: cluster('v1'),
          weight: 9,
          headers: { request: { add: [{ name: 'a', value: 'b', action: 'overwrite' }], remove: [] } },
        },
        { name: cluster('v2'), weight: 1 },
      ],
    });
  });

  it('of a GRPCRoute that cannot be used answer 503, which gRPC calls UNAVAILABLE', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('gone'), { kind: 'GRPCRoute' }));
    expect(share(mesh)).toEqual([[undefined, 503]]);
  });
});

describe('rules', () => {
  const action = (rule: string) => routesOf(new TextMesh(SERVICES + route('r', rule)))[0]?.action;

  it('say time-outs and retries in the place of the annotations of their parent', () => {
    const annotated = SERVICES.replace(
      'metadata: {name: web,',
      'metadata: {name: web, annotations: {switchboard.dev/timeout: 9s, switchboard.dev/retries: "1"},',
    );
    const rule = to('v1', ', timeouts: {request: 2s}, retry: {codes: [500], attempts: 3, backoff: 10ms}');
    expect(routesOf(new TextMesh(annotated + route('r', rule)))[0]?.action).toEqual({
      cluster: cluster('v1'),
      timeoutMs: 2_000,
      retry: {
        on: ['connect-failure', 'refused-stream', 'reset', 'retriable-status-codes'],
        numRetries: 3,
        statusCodes: [500],
        backOff: { baseMs: 10, maxMs: 100 },
      },
    });
    expect(routesOf(new TextMesh(annotated + route('r', to('v1'))))[0]?.action).toMatchObject({
      timeoutMs: 9_000,
      retry: { numRetries: 1 },
    });
  });

  it.each([
    ['/foo', '/xyz', { kind: 'prefix', value: '/xyz' }],
    ['/foo/', '/xyz/', { kind: 'prefix', value: '/xyz' }],
    ['/foo', '/', { kind: 'regex', pattern: '^/foo/*', substitution: '/' }],
    ['/foo', '""', { kind: 'regex', pattern: '^/foo/*', substitution: '/' }],
    ['/', '/xyz', { kind: 'prefix', value: '/xyz/' }],
    ['/', '/', { kind: 'prefix', value: '/' }],
  ])('that replace the prefix %s by %s rewrite by %j', (from, by, pathRewrite) => {
    const filter = `, filters: [{type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: ${by}}}}]`;
    expect(action(to('v1', on(path('PathPrefix', from)) + filter))).toMatchObject({ pathRewrite });
  });

  it.each([
    ['scheme: https', 80, {}],
    ['scheme: https', 8080, { port: 443 }],
    ['scheme: http, port: 80', 8080, { port: 80 }],
    ['hostname: a', 80, {}],
    ['hostname: a', 8080, { port: 8080 }],
    ['hostname: a, scheme: https, port: 443', 8080, {}],
    ['port: 80', 80, {}],
    ['path: {type: ReplaceFullPath, replaceFullPath: /x}', 8080, {}],
  ])('that redirect by {%s} on port %i say the port of %j', (redirect, port, expected) => {
    const rule = `{filters: [{type: RequestRedirect, requestRedirect: {${redirect}}}]}`;
    const [only] = routesOf(new TextMesh(SERVICES + route('r', rule)), 'shop', port);
    const said = only?.action !== undefined && 'port' in only.action ? { port: only.action.port } : {};
    expect(said).toEqual(expected);
  });

  it.each([
    [
      'filters: [{type: ExtensionRef, extensionRef: {group: a, kind: B, name: c}}]',
      'filters[0]: the filter ExtensionRef is not supported here; remove it',
    ],
    [
      'filters: [{type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: Host, value: a}]}}]',
      'filters[0].requestHeaderModifier.set[0]: Host is no header that a filter changes; use URLRewrite.hostname',
    ],
    [
      'filters: [{type: RequestHeaderModifier, requestHeaderModifier: {remove: [Connection]}}]',
      'filters[0].requestHeaderModifier.remove[0]: "connection" belongs to each hop by itself; leave it out',
    ],
  ])('with {%s} answer 500 instead of passing it over', (rest, issue) => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1', `, ${rest}`)));
    expect(routesOf(mesh)[0]?.action).toMatchObject({ kind: 'direct-response', status: 500 });
    expect(mesh.issues().map((text) => text.replace(/^mesh.yaml:\d+: /, ''))).toEqual([`spec.rules[0].${issue}`]);
  });

  it('lose a match whose pattern cannot be used, and keep the others', () => {
    const rule = to('v1', `, matches: [{${path('RegularExpression', '"(["')}}, {${path('Exact', '/a')}}]`);
    const mesh = new TextMesh(SERVICES + route('r', rule));
    expect(routesOf(mesh).map(({ match }) => match.path)).toEqual([{ kind: 'exact', value: '/a' }]);
    expect(mesh.issues()[0]).toMatch(/^mesh.yaml:25: spec.rules\[0\].matches\[0\]: .*"\(\["/);
  });
});

describe('a mirror', () => {
  it.each([
    ['', 100],
    [', percent: 5', 5],
    [', fraction: {numerator: 1, denominator: 3}', 33.3333],
    [', fraction: {numerator: 25}', 25],
  ])('{backendRef%s} gets %d percent of the requests, as they were asked', (rest, percent) => {
    const filter = `, filters: [{type: RequestMirror, requestMirror: {backendRef: {name: v2, port: 80}${rest}}}]`;
    const [only] = routesOf(new TextMesh(SERVICES + route('r', to('v1', filter))));
    expect(only?.action).toMatchObject({ mirrors: [{ cluster: cluster('v2'), percent, keepsHost: true }] });
  });
});

describe('a change', () => {
  it('of one route leaves the routes of every other Service the same objects', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1')));
    const before = mesh.onDemand().routes;
    mesh.add(route('r', to('v2')));
    const after = mesh.onDemand().routes;
    const changed = [...after].filter(([name, config]) => before.get(name) !== config).map(([name]) => name);
    expect(changed).toEqual([`${WEB}:80`, `${WEB}:8080`]);
  });

  it('of endpoints leaves all routes the same object', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1')));
    const before = mesh.onDemand().routes;
    mesh.add(
      '---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, namespace: shop, labels: {kubernetes.io/service-name: v1}}\naddressType: IPv4\nports: [{name: http, port: 1}]\nendpoints: [{addresses: [10.0.0.1]}]\n',
    );
    expect(mesh.onDemand().routes).toBe(before);
  });

  it('that takes the last route away gives the Service its own routes back', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1')));
    mesh.remove(route('r', to('v1')));
    expect(names(mesh)).toEqual(['default']);
  });
});

describe('what a rule leaves out', () => {
  it.each([
    [
      to('v1', ', filters: [{type: RequestMirror, requestMirror: {backendRef: {name: gone, port: 80}}}]'),
      'filters[0].requestMirror.backendRef: there is no Service "gone" in namespace "shop"; name a Service that there is',
    ],
  ])('%s is told, and the rule takes effect', (rule, issue) => {
    const mesh = new TextMesh(SERVICES + route('r', rule));
    expect(mesh.issues().map((text) => text.replace(/^mesh.yaml:\d+: /, ''))).toEqual([`spec.rules[0].${issue}`]);
    expect(routesOf(mesh)[0]?.action).toHaveProperty('cluster');
  });

  it('is nothing of a TrafficPolicy for the backend, which counts as soon as it is there', () => {
    const mesh = new TextMesh(SERVICES + route('r', to('v1')));
    const policy = `---
apiVersion: switchboard.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: p, namespace: shop}
spec: {targetRefs: [{group: "", kind: Service, name: v1}], sessionAffinity: {type: hash, hash: [{type: header, name: x-user}]}}
`;
    const hashed = { hashPolicies: [{ kind: 'header', name: 'x-user' }] };
    expect(routesOf(mesh)[0]?.action).not.toMatchObject(hashed);
    expect(routesOf(mesh.add(policy))[0]?.action).toMatchObject(hashed);
    expect(routesOf(mesh.remove(policy))[0]?.action).not.toMatchObject(hashed);
  });
});
