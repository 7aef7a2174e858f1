// What is read of Gateway API, and each thing that is told where it is wrong.
import { renderIssue } from '../../../src/base/result.ts';
import { parseManifest } from '../../../src/kube/parse-manifest.ts';

const META = 'metadata: {name: r, namespace: shop}';
const http = (rule: string) =>
  `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n${META}\nspec: {rules: [{${rule}}]}\n`;
const grpc = (rule: string) => http(rule).replace('HTTPRoute', 'GRPCRoute');

function only(text: string): unknown {
  const { objects, issues } = parseManifest(text, 'a.yaml');
  expect(issues).toEqual([]);
  return objects[0]?.object;
}

describe('an HTTPRoute', () => {
  it('has the defaults of Gateway API for what it leaves out', () => {
    expect(
      only(`apiVersion: gateway.networking.k8s.io/v1beta1
kind: HTTPRoute
${META}
spec:
  parentRefs: [{group: "", kind: Service, name: a}, {name: gateway}]
  rules: [{backendRefs: [{name: b, port: 80}], matches: [{path: {value: /a}}, {headers: [{name: X, value: one}]}]}]
`),
    ).toEqual({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'r', namespace: 'shop', labels: {}, annotations: {} },
      spec: {
        parentRefs: [
          { group: '', kind: 'Service', name: 'a' },
          { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'gateway' },
        ],
        hostnames: [],
        rules: [
          {
            matches: [
              { path: { type: 'PathPrefix', value: '/a' }, headers: [], queryParams: [] },
              {
                path: { type: 'PathPrefix', value: '/' },
                headers: [{ type: 'Exact', name: 'X', value: 'one' }],
                queryParams: [],
              },
            ],
            filters: [],
            backendRefs: [{ group: '', kind: 'Service', name: 'b', port: 80, weight: 1, filters: [] }],
          },
        ],
      },
    });
  });

  it('without rules takes every request, and without matches a rule does', () => {
    const any = [{ path: { type: 'PathPrefix', value: '/' }, headers: [], queryParams: [] }];
    const spec = { rules: [{ matches: any, filters: [], backendRefs: [] }] };
    expect(only(`apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\n${META}\nspec: {}\n`)).toMatchObject({
      spec,
    });
    expect(only(http(''))).toMatchObject({ spec });
  });

  it('says its time-outs, retries and sessions as they are written', () => {
    const rule =
      'timeouts: {request: 1h30m, backendRequest: 500ms}, retry: {codes: [503, 500, 503], attempts: 3, backoff: 10ms}, ' +
      'sessionPersistence: {sessionName: s, type: Cookie, absoluteTimeout: 1h, idleTimeout: 10m, cookieConfig: {lifetimeType: Permanent}}';
    expect(only(http(rule))).toMatchObject({
      spec: {
        rules: [
          {
            timeouts: { request: '1h30m', backendRequest: '500ms' },
            retry: { codes: [503, 500], attempts: 3, backoff: '10ms' },
            sessionPersistence: {
              sessionName: 's',
              type: 'Cookie',
              absoluteTimeout: '1h',
              idleTimeout: '10m',
              cookieLifetime: 'Permanent',
            },
          },
        ],
      },
    });
  });
});

describe('what is wrong in a route', () => {
  const filter = (type: string, rest: string) => `filters: [{type: ${type}, ${rest}}]`;
  const redirect = (rest: string) => filter('RequestRedirect', `requestRedirect: {${rest}}`);
  const prefixed = filter('URLRewrite', 'urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /b}}');
  it.each([
    [http('backendRefs: [{name: b}]'), 'backendRefs[0].port: is missing; add the port of the Service'],
    [
      http('backendRefs: [{name: b, port: 80, weight: 1000001}]'),
      'backendRefs[0].weight: must be a number from 0 to 1000000, not 1000001; write a whole number from 0 to 1000000',
    ],
    [
      http('matches: [{path: {type: Prefix, value: /}}]'),
      'matches[0].path.type: has the unknown value "Prefix"; write one of Exact, PathPrefix, RegularExpression',
    ],
    [
      http('matches: [{path: {value: a}}]'),
      'matches[0].path.value: "a" is no path; begin it with "/", without "//", "/../" or "?"',
    ],
    [
      http('matches: [{path: {value: /a/../b}}]'),
      'matches[0].path.value: "/a/../b" is no path; begin it with "/", without "//", "/../" or "?"',
    ],
    [http('matches: [{headers: [{name: a}]}]'), 'matches[0].headers[0].value: is missing; add it'],
    [http('timeouts: {request: 2}'), 'timeouts.request: must be a text, not 2; put it in quotes: "2"'],
    [http('timeouts: {request: 2 s}'), 'timeouts.request: "2 s" is no duration; write it like 500ms, 2s or 1h30m'],
    [
      http('timeouts: {request: 1s, backendRequest: 2s}'),
      'timeouts.backendRequest: is longer than request, 1s; make it shorter',
    ],
    [
      http('retry: {codes: [200]}'),
      'retry.codes[0]: must be a number from 400 to 599, not 200; write a whole number without quotes',
    ],
    [
      http(filter('Nonsense', 'a: b')),
      'filters[0].type: has the unknown value "Nonsense"; write one of RequestHeaderModifier, ResponseHeaderModifier, RequestMirror, RequestRedirect, URLRewrite, CORS, ExtensionRef',
    ],
    [http(filter('CORS', 'a: b')), 'filters[0].cors: is missing; add it'],
    [
      http('filters: [{type: URLRewrite, urlRewrite: {}}, {type: URLRewrite, urlRewrite: {}}]'),
      'filters[1].type: URLRewrite stands in this list already; join the two',
    ],
    [
      http(redirect('statusCode: 305')),
      'filters[0].requestRedirect.statusCode: is 305; write one of 301, 302, 303, 307, 308',
    ],
    [
      http(`${redirect('port: 1')}, backendRefs: [{name: b, port: 80}]`),
      'backendRefs: stand beside a RequestRedirect, which sends nothing to them; keep one of the two',
    ],
    [
      http(`${prefixed}, matches: [{path: {type: Exact, value: /a}}]`),
      'filters: has ReplacePrefixMatch; have exactly one match, whose path is a PathPrefix',
    ],
    [
      http(
        filter(
          'RequestMirror',
          'requestMirror: {percent: 1, fraction: {numerator: 1}, backendRef: {name: b, port: 1}}',
        ),
      ),
      'filters[0].requestMirror.fraction: stands beside percent; keep one of them',
    ],
    [
      http('sessionPersistence: {cookieConfig: {lifetimeType: Permanent}}'),
      'sessionPersistence.absoluteTimeout: is missing; add it: a permanent cookie lives that long',
    ],
    [
      http('sessionPersistence: {sessionName: "a b"}'),
      'sessionPersistence.sessionName: "a b" can be no cookie; write a name of letters, digits and -',
    ],
    [
      http('sessionPersistence: {sessionName: Content-Length, type: Header}'),
      'sessionPersistence.sessionName: "Content-Length" can be no header; write a name of letters, digits and -',
    ],
    [
      http('sessionPersistence: {idleTimeout: soon}'),
      'sessionPersistence.idleTimeout: "soon" is no duration; write it like 500ms, 2s or 1h30m',
    ],
    [grpc('matches: [{method: {}}]'), 'matches[0].method: has neither service nor method; add one of them'],
    [
      grpc('matches: [{method: {service: a/b}}]'),
      'matches[0].method.service: "a/b" is no name of a service; write it as in the .proto file, with its package',
    ],
    [
      grpc(filter('URLRewrite', 'urlRewrite: {hostname: a}')),
      'filters: URLRewrite is none of gRPC; use RequestHeaderModifier, ResponseHeaderModifier, RequestMirror, ExtensionRef',
    ],
  ])('%j is told', (text, issue) => {
    const { objects, issues } = parseManifest(text, 'a.yaml');
    expect(issues.map((one) => renderIssue({ ...one, line: 4 }))).toContainEqual(`a.yaml:4: spec.rules[0].${issue}`);
    expect(objects).toEqual([]);
  });

  it.each([
    ['name: a}, {name: a', 'spec.rules: has two rules named "a"; give each rule its own name'],
    [Array.from({ length: 17 }, (_, i) => `name: a${i}`).join('}, {'), 'spec.rules: has 17 rules; use at most 16'],
  ])('%j is told', (rules, issue) => {
    const { issues } = parseManifest(http(rules), 'a.yaml');
    expect(issues.map(renderIssue)).toEqual([`a.yaml:4: ${issue}`]);
  });
});
