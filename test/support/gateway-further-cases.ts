// What routes of Gateway API promise beyond its conformance tests for meshes: the same for our sidecar and for Envoy.
import { type GatewayCase, httpRoute } from './gateway-case.ts';

const to = (pod: string): string => `backendRefs: [{name: echo-${pod}, port: 80}]`;
const match = (text: string, pod: string): string => `- matches: [{${text}}]\n  ${to(pod)}\n`;
const path = (type: string, value: string): string => `path: {type: ${type}, value: "${value}"}`;

export const FURTHER_CASES: readonly GatewayCase[] = [
  {
    name: 'patterns of paths, headers and query parameters, which match the whole of them',
    manifest: httpRoute(
      'patterns',
      match(path('RegularExpression', '/v[0-9]+/users'), 'v1') +
        match('headers: [{type: RegularExpression, name: x-user, value: "a.*z"}]', 'v2') +
        match('queryParams: [{type: RegularExpression, name: q, value: "[ab]"}]', 'v2'),
    ),
    steps: [
      [{ path: '/v12/users?q=z' }, { pod: 'v1' }],
      [{ path: '/v12/users/1' }, { status: 404 }],
      [{ headers: { 'X-User': 'abcz' } }, { pod: 'v2' }],
      [{ headers: { 'X-User': 'abczd' } }, { status: 404 }],
      [{ path: '/?q=a' }, { pod: 'v2' }],
      [{ path: '/?q=ab' }, { status: 404 }],
    ],
  },
  {
    name: 'exact paths before patterns, patterns before prefixes, and methods',
    manifest: httpRoute(
      'order',
      match(path('PathPrefix', '/'), 'v1') +
        match(path('RegularExpression', '/a.*'), 'v2') +
        match(path('Exact', '/ab'), 'v1') +
        match('method: DELETE', 'v2'),
    ),
    steps: [
      [{ path: '/abc' }, { pod: 'v2' }],
      [{ path: '/ab' }, { pod: 'v1' }],
      [{ path: '/b' }, { pod: 'v1' }],
      [{ path: '/b', method: 'DELETE' }, { pod: 'v2' }],
      [{ path: '/ab', method: 'DELETE' }, { pod: 'v1' }],
    ],
  },
  {
    name: 'hosts that are rewritten',
    manifest: httpRoute('hosts', `- filters: [{type: URLRewrite, urlRewrite: {hostname: a.example}}]\n  ${to('v1')}`),
    steps: [[{ path: '/x' }, { pod: 'v1', path: '/x', headers: { host: 'a.example' } }]],
  },
  {
    name: 'prefixes that are replaced segment by segment, whatever slashes stand around them',
    manifest: httpRoute(
      'prefixes',
      ['/foo|/xyz', '/bar/|/xyz/', '/nothing|/', '/|/all']
        .map((pair) => {
          const [from = '', by = ''] = pair.split('|');
          const rewrite = `path: {type: ReplacePrefixMatch, replacePrefixMatch: ${by}}`;
          const filter = `filters: [{type: URLRewrite, urlRewrite: {${rewrite}}}]`;
          return `- matches: [{${path('PathPrefix', from)}}]\n  ${filter}\n  ${to('v1')}\n`;
        })
        .join(''),
    ),
    steps: [
      [{ path: '/foo' }, { path: '/xyz' }],
      [{ path: '/foo/' }, { path: '/xyz/' }],
      [{ path: '/foo/a?b=/foo' }, { path: '/xyz/a?b=/foo' }],
      [{ path: '/bar/a' }, { path: '/xyz/a' }],
      [{ path: '/nothing/a' }, { path: '/a' }],
      [{ path: '/nothing' }, { path: '/' }],
      [{ path: '/food' }, { path: '/all/food' }],
    ],
  },
  {
    name: 'backends that cannot be used, which answer 500 and say why',
    manifest: httpRoute(
      'unusable',
      `- matches: [{${path('PathPrefix', '/gone')}}]\n  backendRefs: [{name: gone, port: 80}]\n` +
        `- matches: [{${path('PathPrefix', '/half')}}]\n  backendRefs: [{name: echo-v1, port: 80}, {name: gone, port: 80, weight: 0}]\n`,
    ),
    steps: [
      [{ path: '/gone' }, { status: 500, fields: { 'x-switchboard-error': 'NR invalid_backend' } }],
      [{ path: '/half' }, { pod: 'v1' }],
    ],
  },
  {
    name: 'mirrors, of which callers see nothing',
    manifest: httpRoute(
      'mirror',
      `- filters: [{type: RequestMirror, requestMirror: {backendRef: {name: echo-v2, port: 80}, fraction: {numerator: 1, denominator: 3}}}]\n  ${to('v1')}`,
    ),
    steps: [[{ path: '/x' }, { pod: 'v1', path: '/x' }]],
  },
  {
    name: 'routes of a namespace for its own callers, in the place of those for everybody',
    manifest:
      httpRoute('everybody', `- ${to('v1')}`) +
      httpRoute(
        'mine',
        `- matches: [{${path('PathPrefix', '/mine')}}]\n  backendRefs: [{name: echo-v2, namespace: shop, port: 80}]\n`,
        '{name: echo, namespace: shop}',
        'consumer',
      ),
    steps: [
      [{ from: 'consumer', host: 'echo.shop', path: '/mine' }, { pod: 'v2' }],
      [{ from: 'consumer', host: 'echo.shop', path: '/' }, { status: 404 }],
      [{ from: 'other', host: 'echo.shop', path: '/mine' }, { pod: 'v1' }],
      [{ path: '/mine' }, { pod: 'v1' }],
    ],
  },
];
