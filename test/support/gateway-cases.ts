// What routes of Gateway API promise to callers in a mesh, as manifests and requests. Names: its conformance tests for meshes, v1.6.1.
import { type GatewayCase, httpRoute } from './gateway-case.ts';

const TO_V1 = 'backendRefs: [{name: echo-v1, port: 80}]';
const TO_V2 = 'backendRefs: [{name: echo-v2, port: 80}]';
const SETS =
  'filters: [{type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: X-Header-Set, value: set}]}}]';

const modifying =
  (filter: string, perBackend: boolean) =>
  (path: string): string => {
    const filters = `filters: [{type: RequestHeaderModifier, requestHeaderModifier: {${filter}}}]`;
    const target = perBackend ? `backendRefs: [{name: echo-v1, port: 80, ${filters}}]` : `${filters}\n  ${TO_V1}`;
    return `- matches: [{path: {type: PathPrefix, value: ${path}}}]\n  ${target}\n`;
  };

function headerRules(perBackend: boolean): string {
  const multiple =
    'set: [{name: X-Header-Set-1, value: header-set-1}, {name: X-Header-Set-2, value: header-set-2}], ' +
    'add: [{name: X-Header-Add-1, value: header-add-1}, {name: X-Header-Add-2, value: header-add-2}], ' +
    'remove: [X-Header-Remove-1, X-Header-Remove-2]';
  const cased =
    'set: [{name: X-Header-Set, value: header-set}], add: [{name: X-Header-Add, value: header-add}], remove: [X-Header-Remove]';
  return [
    modifying('set: [{name: X-Header-Set, value: set-overwrites-values}]', perBackend)('/set'),
    modifying('add: [{name: X-Header-Add, value: add-appends-values}]', perBackend)('/add'),
    modifying('remove: [X-Header-Remove]', perBackend)('/remove'),
    modifying(multiple, perBackend)('/multiple'),
    modifying(cased, perBackend)('/case-insensitivity'),
  ].join('');
}

const HEADER_STEPS: GatewayCase['steps'] = [
  [
    { path: '/set', headers: { 'Some-Other-Header': 'val' } },
    { pod: 'v1', path: '/set', headers: { 'some-other-header': 'val', 'x-header-set': 'set-overwrites-values' } },
  ],
  [
    { path: '/set', headers: { 'X-Header-Set': 'some-other-value' } },
    { headers: { 'x-header-set': 'set-overwrites-values' } },
  ],
  [{ path: '/add' }, { headers: { 'x-header-add': 'add-appends-values' } }],
  [
    { path: '/add', headers: { 'X-Header-Add': 'some-other-value' } },
    { headers: { 'x-header-add': 'some-other-value,add-appends-values' } },
  ],
  [
    { path: '/remove', headers: { 'X-Header-Remove': 'val' } },
    { pod: 'v1', unseen: ['x-header-remove'] },
  ],
  [
    {
      path: '/multiple',
      headers: { 'X-Header-Set-2': 'a', 'X-Header-Add-2': 'b', 'X-Header-Remove-2': 'c', 'Another-Header': 'd' },
    },
    {
      headers: {
        'x-header-set-1': 'header-set-1',
        'x-header-set-2': 'header-set-2',
        'x-header-add-1': 'header-add-1',
        'x-header-add-2': 'b,header-add-2',
        'another-header': 'd',
      },
      unseen: ['x-header-remove-1', 'x-header-remove-2'],
    },
  ],
  [
    { path: '/case-insensitivity', headers: { 'x-header-set': 'a', 'x-header-add': 'b', 'x-header-remove': 'c' } },
    { headers: { 'x-header-set': 'header-set', 'x-header-add': 'b,header-add' }, unseen: ['x-header-remove'] },
  ],
];

const redirecting = (path: string, redirect: string): string =>
  `- matches: [{path: {type: PathPrefix, value: ${path}}}]\n  filters: [{type: RequestRedirect, requestRedirect: {${redirect}}}]\n`;

const redirected = (path: string, status: number, location: string): GatewayCase['steps'][number] => [
  { path },
  { status, fields: { location } },
];

function statusCase(status: number): GatewayCase {
  return {
    name: `MeshHTTPRoute${status}Redirect`,
    manifest: httpRoute('redirect', redirecting('/host-and-status', `hostname: example.org, statusCode: ${status}`)),
    steps: [redirected('/host-and-status', status, 'http://example.org/host-and-status')],
  };
}

const prefix = (value: string, rest: string): string => `{path: {type: PathPrefix, value: ${value}}${rest}}`;
const animal = (value: string): string => `queryParams: [{name: animal, value: ${value}}]`;

export const GATEWAY_CASES: readonly GatewayCase[] = [
  {
    name: 'MeshBasic',
    manifest: '',
    steps: [
      [{}, {}],
      [{ host: 'echo-v1' }, { pod: 'v1', path: '/' }],
    ],
  },
  {
    name: 'MeshTrafficSplit',
    manifest: httpRoute(
      'split',
      `- matches: [{path: {type: Exact, value: /v1}}]\n  ${TO_V1}\n- matches: [{path: {type: Exact, value: /v2}}]\n  ${TO_V2}`,
    ),
    steps: [
      [{ path: '/v1' }, { pod: 'v1', path: '/v1' }],
      [{ path: '/v2' }, { pod: 'v2', path: '/v2' }],
      [{ path: '/v2/' }, { status: 404 }],
      [{ path: '/v1', host: 'echo.shop.svc', from: 'other' }, { pod: 'v1' }],
    ],
  },
  {
    name: 'MeshFrontend',
    manifest: httpRoute('frontend', `- ${SETS}\n  ${TO_V2}`, '{name: echo-v2}'),
    steps: [
      [{ host: 'echo-v2' }, { pod: 'v2', fields: { 'x-header-set': 'set' } }],
      [{ host: 'echo-v1' }, { pod: 'v1', absent: ['x-header-set'] }],
    ],
  },
  {
    name: 'MeshPorts',
    manifest:
      httpRoute('one-port', `- ${SETS.replace('value: set', 'value: v1')}\n  ${TO_V1}`, '{name: echo-v1, port: 80}') +
      httpRoute('every-port', `- ${SETS.replace('value: set', 'value: v2')}\n  ${TO_V2}`, '{name: echo-v2}'),
    steps: [
      [{ host: 'echo-v1' }, { pod: 'v1', fields: { 'x-header-set': 'v1' } }],
      [{ host: 'echo-v1:8080' }, { pod: 'v1', absent: ['x-header-set'] }],
      [{ host: 'echo-v2' }, { pod: 'v2', fields: { 'x-header-set': 'v2' } }],
      [{ host: 'echo-v2:8080' }, { pod: 'v2', fields: { 'x-header-set': 'v2' } }],
    ],
  },
  {
    name: 'MeshConsumerRoute',
    manifest: httpRoute(
      'consumer',
      `- ${SETS}\n  backendRefs: [{name: echo-v1, namespace: shop, port: 80}]`,
      '{name: echo-v1, namespace: shop}',
      'consumer',
    ),
    steps: [
      [
        { from: 'consumer', host: 'echo-v1.shop' },
        { pod: 'v1', fields: { 'x-header-set': 'set' } },
      ],
      [
        { from: 'shop', host: 'echo-v1.shop' },
        { pod: 'v1', absent: ['x-header-set'] },
      ],
      [
        { from: 'other', host: 'echo-v1.shop' },
        { pod: 'v1', absent: ['x-header-set'] },
      ],
    ],
  },
  {
    name: 'MeshHTTPRouteSimpleSameNamespace',
    manifest: httpRoute('simple', `- ${TO_V1}`),
    steps: [
      [{ path: '/' }, { pod: 'v1', path: '/' }],
      [{ path: '/any?q=1' }, { pod: 'v1', path: '/any?q=1' }],
    ],
  },
  {
    name: 'MeshHTTPRouteMatching',
    manifest: httpRoute(
      'matching',
      `- matches: [${prefix('/', '')}, {headers: [{name: version, value: one}]}]\n  ${TO_V1}\n` +
        `- matches: [${prefix('/v2', '')}, {headers: [{name: version, value: two}]}]\n  ${TO_V2}`,
    ),
    steps: [
      [{ path: '/' }, { pod: 'v1' }],
      [{ path: '/example' }, { pod: 'v1' }],
      [{ path: '/', headers: { Version: 'one' } }, { pod: 'v1' }],
      [{ path: '/v2' }, { pod: 'v2' }],
      [{ path: '/v2/example' }, { pod: 'v2' }],
      [{ path: '/', headers: { Version: 'two' } }, { pod: 'v2' }],
      [{ path: '/v2/' }, { pod: 'v2' }],
      [{ path: '/v2example' }, { pod: 'v1' }],
      [{ path: '/foo/v2/example' }, { pod: 'v1' }],
    ],
  },
  {
    name: 'MeshHTTPRouteRequestHeaderModifier',
    manifest: httpRoute('headers', headerRules(false)),
    steps: HEADER_STEPS,
  },
  {
    name: 'MeshHTTPRouteBackendRequestHeaderModifier',
    manifest: httpRoute('headers', headerRules(true)),
    steps: HEADER_STEPS,
  },
  {
    name: 'MeshHTTPRouteRedirectHostAndStatus',
    manifest: httpRoute(
      'redirect',
      redirecting('/hostname-redirect', 'hostname: example.org') +
        redirecting('/host-and-status', 'hostname: example.org, statusCode: 301'),
    ),
    steps: [
      redirected('/hostname-redirect', 302, 'http://example.org/hostname-redirect'),
      redirected('/host-and-status', 301, 'http://example.org/host-and-status'),
    ],
  },
  {
    name: 'MeshHTTPRouteRedirectPath',
    manifest: httpRoute(
      'redirect',
      redirecting('/original-prefix', 'path: {type: ReplacePrefixMatch, replacePrefixMatch: /replacement-prefix}') +
        redirecting('/full', 'path: {type: ReplaceFullPath, replaceFullPath: /full-path-replacement}') +
        redirecting(
          '/path-and-host',
          'hostname: example.org, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}',
        ) +
        redirecting('/path-and-status', 'statusCode: 301, path: {type: ReplacePrefixMatch, replacePrefixMatch: /new}') +
        redirecting(
          '/full-path-and-host',
          'hostname: example.org, path: {type: ReplaceFullPath, replaceFullPath: /all}',
        ) +
        redirecting('/full-path-and-status', 'statusCode: 301, path: {type: ReplaceFullPath, replaceFullPath: /all}'),
    ),
    steps: [
      redirected('/original-prefix/lemon', 302, 'http://echo/replacement-prefix/lemon'),
      redirected('/full/path/original', 302, 'http://echo/full-path-replacement'),
      redirected('/path-and-host', 302, 'http://example.org/new'),
      redirected('/path-and-status', 301, 'http://echo/new'),
      redirected('/full-path-and-host', 302, 'http://example.org/all'),
      redirected('/full-path-and-status', 301, 'http://echo/all'),
    ],
  },
  {
    name: 'MeshHTTPRouteRedirectPort',
    manifest: httpRoute(
      'redirect',
      redirecting('/port', 'port: 8083') +
        redirecting('/port-and-host', 'port: 8083, hostname: example.org') +
        redirecting('/port-and-status', 'port: 8083, statusCode: 301') +
        redirecting('/port-and-host-and-status', 'port: 8083, statusCode: 302, hostname: example.org'),
      '{name: echo, port: 80}',
    ),
    steps: [
      redirected('/port', 302, 'http://echo:8083/port'),
      redirected('/port-and-host', 302, 'http://example.org:8083/port-and-host'),
      redirected('/port-and-status', 301, 'http://echo:8083/port-and-status'),
      redirected('/port-and-host-and-status', 302, 'http://example.org:8083/port-and-host-and-status'),
    ],
  },
  {
    name: 'MeshHTTPRouteSchemeRedirect',
    manifest: httpRoute(
      'redirect',
      redirecting('/scheme', 'scheme: https') +
        redirecting('/scheme-and-host', 'scheme: https, hostname: example.org') +
        redirecting('/scheme-and-status', 'scheme: https, statusCode: 301') +
        redirecting('/scheme-and-host-and-status', 'scheme: https, hostname: example.org, statusCode: 302'),
    ),
    steps: [
      redirected('/scheme', 302, 'https://echo/scheme'),
      redirected('/scheme-and-host', 302, 'https://example.org/scheme-and-host'),
      redirected('/scheme-and-status', 301, 'https://echo/scheme-and-status'),
      redirected('/scheme-and-host-and-status', 302, 'https://example.org/scheme-and-host-and-status'),
      // On another port than that of the scheme: that of the new scheme is said.
      [
        { host: 'echo:8080', path: '/scheme' },
        { status: 302, fields: { location: 'https://echo:443/scheme' } },
      ],
    ],
  },
  {
    name: 'MeshHTTPRouteRewritePath',
    manifest: httpRoute('rewrite', rewriteRules()),
    steps: [
      [{ path: '/prefix/one/two' }, { pod: 'v1', path: '/one/two' }],
      [{ path: '/strip-prefix/three' }, { pod: 'v1', path: '/three' }],
      [{ path: '/strip-prefix/three?q=/strip-prefix' }, { path: '/three?q=/strip-prefix' }],
      [{ path: '/strip-prefix' }, { pod: 'v1', path: '/' }],
      [{ path: '/full/one/two' }, { pod: 'v1', path: '/one' }],
      [
        { path: '/full/rewrite-path-and-modify-headers/test', headers: changed() },
        { path: '/test', headers: seenChanged(), unseen: ['x-header-remove'] },
      ],
      [
        { path: '/prefix/rewrite-path-and-modify-headers/one', headers: changed() },
        { path: '/prefix/one', headers: seenChanged(), unseen: ['x-header-remove'] },
      ],
    ],
  },
  {
    name: 'MeshHTTPRouteQueryParamMatching',
    manifest: httpRoute(
      'query',
      [
        `- matches: [{${animal('whale')}}]\n  ${TO_V1}`,
        `- matches: [{${animal('dolphin')}}]\n  ${TO_V2}`,
        `- matches: [${prefix('/path1', `, ${animal('whale')}`)}]\n  ${TO_V1}`,
        `- matches: [{headers: [{name: version, value: one}], ${animal('whale')}}]\n  ${TO_V2}`,
        `- matches: [${prefix('/path3', `, ${animal('shark')}`)}, ` +
          `${prefix('/path4', `, headers: [{name: version, value: three}], ${animal('kraken')}`)}]\n  ${TO_V1}`,
        `- matches: [${prefix('/path5', '')}]\n  ${TO_V1}`,
        `- matches: [{${animal('hydra')}}]\n  ${TO_V2}`,
      ].join('\n'),
    ),
    steps: [
      [{ path: '/?animal=whale' }, { pod: 'v1' }],
      [{ path: '/?animal=dolphin' }, { pod: 'v2' }],
      [{ path: '/?animal=whale&otherparam=irrelevant' }, { pod: 'v1' }],
      [{ path: '/?animal=dolphin&color=yellow' }, { pod: 'v2', path: '/?animal=dolphin&color=yellow' }],
      [{ path: '/?color=blue' }, { status: 404 }],
      [{ path: '/?animal=dog' }, { status: 404 }],
      [{ path: '/?animal=whaledolphin' }, { status: 404 }],
      [{ path: '/' }, { status: 404 }],
      [{ path: '/path1?animal=whale' }, { pod: 'v1' }],
      [{ path: '/?animal=whale', headers: { version: 'one' } }, { pod: 'v2' }],
      [{ path: '/path3?animal=shark' }, { pod: 'v1' }],
      [{ path: '/path4?animal=kraken', headers: { version: 'three' } }, { pod: 'v1' }],
      [{ path: '/?animal=shark' }, { status: 404 }],
      [{ path: '/path4?animal=kraken' }, { status: 404 }],
      [{ path: '/path5?animal=hydra' }, { pod: 'v1' }],
    ],
  },
  {
    name: 'MeshHTTPRouteNamedRule',
    manifest: httpRoute(
      'named',
      `- name: named-rule\n  matches: [${prefix('/named', '')}]\n  ${TO_V1}\n- matches: [${prefix('/unnamed', '')}]\n  ${TO_V2}`,
    ),
    steps: [
      [{ path: '/named' }, { pod: 'v1' }],
      [{ path: '/unnamed' }, { pod: 'v2' }],
    ],
  },
  statusCase(303),
  statusCase(307),
  statusCase(308),
];

function rewriteRules(): string {
  const rewriting = (path: string, rewrite: string, more = ''): string =>
    `- matches: [${prefix(path, '')}]\n  filters: [{type: URLRewrite, urlRewrite: {path: {${rewrite}}}}${more}]\n  ${TO_V1}\n`;
  const headers =
    ', {type: RequestHeaderModifier, requestHeaderModifier: {set: [{name: X-Header-Set, value: set-overwrites-values}], ' +
    'add: [{name: X-Header-Add, value: header-val-1}, {name: X-Header-Add-Append, value: header-val-2}], remove: [X-Header-Remove]}}';
  return [
    rewriting('/prefix/one', 'type: ReplacePrefixMatch, replacePrefixMatch: /one'),
    rewriting('/strip-prefix', 'type: ReplacePrefixMatch, replacePrefixMatch: /'),
    rewriting('/full/one', 'type: ReplaceFullPath, replaceFullPath: /one'),
    rewriting('/full/rewrite-path-and-modify-headers', 'type: ReplaceFullPath, replaceFullPath: /test', headers),
    rewriting(
      '/prefix/rewrite-path-and-modify-headers',
      'type: ReplacePrefixMatch, replacePrefixMatch: /prefix',
      headers,
    ),
  ].join('');
}

function changed(): Record<string, string> {
  return { 'X-Header-Remove': 'remove-val', 'X-Header-Add-Append': 'append-val-1', 'X-Header-Set': 'set-val' };
}

function seenChanged(): Record<string, string> {
  return {
    'x-header-add': 'header-val-1',
    'x-header-add-append': 'append-val-1,header-val-2',
    'x-header-set': 'set-overwrites-values',
  };
}
