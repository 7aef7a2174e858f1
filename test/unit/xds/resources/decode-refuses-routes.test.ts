// Route configurations of other control planes: what a sidecar takes in older forms, and what it must not take.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { renderIssue } from '../../../../src/base/result.ts';
import type { RouteConfigSpec, RouteSpec } from '../../../../src/model/route-spec.ts';
import type { HeaderValueOptionSchema } from '../../../../src/xds/gen/envoy/config/core/v3/base_pb.ts';
import type {
  RetryPolicySchema,
  RouteActionSchema,
  RouteMatchSchema,
  RouteSchema,
  WeightedCluster_ClusterWeightSchema,
} from '../../../../src/xds/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../../../../src/xds/gen/envoy/config/route/v3/route_pb.ts';
import type { DecodedResource } from '../../../../src/xds/resources/resource-type.ts';
import { ROUTE_TYPE } from '../../../../src/xds/resources/route.ts';

type RouteInit = MessageInitShape<typeof RouteConfigurationSchema>;
type Match = MessageInitShape<typeof RouteMatchSchema>;
type Action = MessageInitShape<typeof RouteActionSchema>;

const ANY = { pathSpecifier: { case: 'prefix', value: '/' } } as const;
const C = { clusterSpecifier: { case: 'cluster', value: 'c' } } as const;

function lines(decoded: DecodedResource<unknown>): string[] {
  return decoded.result.ok ? [] : decoded.result.issues.map(renderIssue);
}

function routes(init: RouteInit): DecodedResource<RouteConfigSpec> {
  return ROUTE_TYPE.decode(toBinary(RouteConfigurationSchema, create(RouteConfigurationSchema, init)));
}

function route(init: MessageInitShape<typeof RouteSchema>): DecodedResource<RouteConfigSpec> {
  return routes({ name: 'r', virtualHosts: [{ name: 'h', domains: ['*'], routes: [init] }] });
}

/** A route that is good but for these parts of it. */
const matching = (match: Match) => route({ match: { ...ANY, ...match }, action: { case: 'route', value: C } });
const to = (value: Action) => route({ match: ANY, action: { case: 'route', value } });
const acting = (action: NonNullable<MessageInitShape<typeof RouteSchema>['action']>) => route({ match: ANY, action });

function adding(...requestHeadersToAdd: MessageInitShape<typeof HeaderValueOptionSchema>[]) {
  return route({ match: ANY, action: { case: 'route', value: C }, requestHeadersToAdd });
}

function weighted(clusters: MessageInitShape<typeof WeightedCluster_ClusterWeightSchema>[]) {
  return { case: 'weightedClusters', value: { clusters } } as const;
}

function specOf({ result }: DecodedResource<RouteConfigSpec>): RouteSpec | undefined {
  return result.ok ? result.value.virtualHosts[0]?.routes[0] : undefined;
}

describe('a route configuration', () => {
  type Host = NonNullable<RouteInit['virtualHosts']>[number];
  type Routes = NonNullable<Host['routes']>;
  const hosts = (...virtualHosts: Host[]): DecodedResource<unknown> => routes({ name: 'r', virtualHosts });
  const one = (...list: Routes): DecodedResource<unknown> => hosts({ name: 'h', domains: ['*'], routes: list });
  const toCluster = { case: 'route', value: { clusterSpecifier: { case: 'cluster', value: 'c' } } } as const;
  const any = { pathSpecifier: { case: 'prefix', value: '/' } } as const;
  const retrying = (retryPolicy: MessageInitShape<typeof RetryPolicySchema>) =>
    ({ case: 'route', value: { ...toCluster.value, retryPolicy } }) as const;

  it('is taken with the retries of Istio, of which a condition of HTTP/3 is recorded', () => {
    const retryOn =
      'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes,http3-post-connect-failure';
    const decoded = one({ match: any, action: retrying({ retryOn, retriableStatusCodes: [503] }) });
    expect(decoded.result).toMatchObject({ ok: true });
    expect(decoded.ignored).toEqual([
      'virtual_hosts[0].routes[0].route.retry_policy.retry_on.http3-post-connect-failure',
    ]);
  });

  it('is taken with the retries and hedges of its host, where a route has none of its own', () => {
    const value = { ...toCluster.value, retryPolicy: { retryOn: 'reset', perTryTimeout: { seconds: 1n } } };
    const decoded = hosts({
      name: 'h',
      domains: ['*'],
      routes: [
        { match: any, action: toCluster },
        { match: any, action: { case: 'route', value } },
        { match: any, action: { case: 'route', value: { ...value, hedgePolicy: {} } } },
      ],
      retryPolicy: { retryOn: '5xx', numRetries: 3 },
      hedgePolicy: { hedgeOnPerTryTimeout: true },
      includeRequestAttemptCount: true,
    });
    const own = { on: ['reset'], numRetries: 1, statusCodes: [], perTryTimeoutMs: 1_000 };
    const retries = [
      { on: ['5xx'], numRetries: 3, statusCodes: [], hedgeOnPerTryTimeout: true },
      { ...own, hedgeOnPerTryTimeout: true },
      own,
    ];
    const routes = retries.map((retry) => ({ action: expect.objectContaining({ retry }) }));
    const virtualHosts = [{ attemptCount: { request: true }, routes }];
    expect(decoded.result).toMatchObject({ ok: true, value: { virtualHosts } });
  });

  it('is taken with a timeout of 15 s where it names none, and domains in lower case', () => {
    const decoded = hosts({ name: 'h', domains: ['My-API'], routes: [{ match: any, action: toCluster }] });
    expect(decoded.result).toMatchObject({
      ok: true,
      value: { virtualHosts: [{ domains: ['my-api'], routes: [{ action: { cluster: 'c', timeoutMs: 15_000 } }] }] },
    });
  });

  it.each<[string, DecodedResource<unknown>, string]>([
    [
      'a domain of two hosts',
      hosts({ name: 'h', domains: ['a'] }, { name: 'i', domains: ['A'] }),
      'virtual_hosts[1].domains[0]: "a" already belongs to virtual host "h"',
    ],
    ['no domain', hosts({ name: 'h' }), 'virtual_hosts[0].domains: is empty'],
    [
      'a star inside a domain',
      hosts({ name: 'h', domains: ['a.*.b'] }),
      'virtual_hosts[0].domains[0]: "a.*.b" is not a domain',
    ],
    ['two stars', hosts({ name: 'h', domains: ['*.b.*'] }), '"*.b.*" is not a domain'],
    ['a nameless host', hosts({ name: '', domains: ['a'] }), 'virtual_hosts[0].name: is empty'],
    ['no match', one({ action: toCluster }), 'routes[0].match: has no path; give it prefix, path, '],
    ['no action', one({ match: any }), 'routes[0]: has no action; give it a route, a redirect or a direct_response'],
    [
      'no cluster',
      one({ match: any, action: { case: 'route', value: {} } }),
      'routes[0].route.cluster: is empty; name a cluster',
    ],
    [
      'a retry condition that it does not know',
      one({ match: any, action: retrying({ retryOn: 'reset,sometimes' }) }),
      'routes[0].route.retry_policy.retry_on: "sometimes" is not supported; use connect-failure, ',
    ],
    [
      'retriable headers that no answer has',
      one({ match: any, action: retrying({ retryOn: 'retriable-headers', retriableHeaders: [{ name: ':path' }] }) }),
      'retry_policy.retriable_headers[0].name: ":path" is not known; use :status or a field',
    ],
    [
      'a back-off by answers that names no header',
      one({ match: any, action: retrying({ rateLimitedRetryBackOff: {} }) }),
      'retry_policy.rate_limited_retry_back_off.reset_headers: is empty; name a header',
    ],
    [
      'requests that are sent several times from the beginning',
      one({
        match: any,
        action: { case: 'route', value: { ...toCluster.value, hedgePolicy: { initialRequests: 2 } } },
      }),
      'routes[0].route.hedge_policy.initial_requests: is not supported',
    ],
    [
      'a retry predicate that it does not know',
      one({ match: any, action: retrying({ retryHostPredicate: [{ name: 'canary' }] }) }),
      'retry_policy.retry_host_predicate[0]: "canary" (no type) is not supported; use envoy.extensions.retry.host.previous_hosts',
    ],
    [
      'a retry back-off without its base',
      one({ match: any, action: retrying({ retryBackOff: {} }) }),
      'retry_policy.retry_back_off.base_interval: is absent or 0; give more than 0 s',
    ],
    [
      'a retry back-off whose bound is below its base',
      one({
        match: any,
        action: retrying({ retryBackOff: { baseInterval: { seconds: 2n }, maxInterval: { seconds: 1n } } }),
      }),
      'retry_policy.retry_back_off.max_interval: is less than base_interval; give at least that',
    ],
    [
      'a retriable status that is none',
      one({ match: any, action: retrying({ retryOn: 'retriable-status-codes', retriableStatusCodes: [503, 600] }) }),
      'retry_policy.retriable_status_codes[1]: is 600; use 100 to 599',
    ],
    [
      'CONNECT that would be passed on',
      one({ match: { pathSpecifier: { case: 'connectMatcher', value: {} } }, action: toCluster }),
      'routes[0].route.upgrade_configs: does not end CONNECT here; add upgrade_type CONNECT with a connect_config',
    ],
  ])('is refused with %s', (_, decoded, line) => {
    expect(lines(decoded)).toEqual([expect.stringContaining(line)]);
  });
});

describe('a route', () => {
  it('is taken with the older forms of header matchers, as their newer ones', () => {
    const headers: Match['headers'] = [
      { name: 'X-A', headerMatchSpecifier: { case: 'exactMatch', value: 'a' } },
      { name: 'b', headerMatchSpecifier: { case: 'prefixMatch', value: 'b' } },
      { name: 'c', headerMatchSpecifier: { case: 'suffixMatch', value: 'c' } },
      { name: 'd', headerMatchSpecifier: { case: 'containsMatch', value: 'd' }, invertMatch: true },
      { name: 'e', headerMatchSpecifier: { case: 'safeRegexMatch', value: { regex: 'e+' } } },
      { name: 'f' },
    ];
    const decoded = matching({ headers });
    expect(decoded.ignored).toEqual([]);
    expect(specOf(decoded)?.match.headers).toEqual([
      { name: 'x-a', match: { kind: 'exact', value: 'a' } },
      { name: 'b', match: { kind: 'prefix', value: 'b' } },
      { name: 'c', match: { kind: 'suffix', value: 'c' } },
      { name: 'd', match: { kind: 'contains', value: 'd' }, invert: true },
      { name: 'e', match: { kind: 'regex', pattern: 'e+' } },
      { name: 'f', match: { kind: 'present', value: true } },
    ]);
  });

  it('is taken with append in its older form, and values as bytes', () => {
    const decoded = adding(
      { header: { key: 'X-A', value: '100%%' }, append: false },
      { header: { key: 'b', rawValue: Buffer.from('grün') }, append: true },
    );
    expect(specOf(decoded)?.headers?.request?.add).toEqual([
      { name: 'x-a', value: '100%', action: 'overwrite' },
      { name: 'b', value: 'grün', action: 'append' },
    ]);
  });

  it.each<[string, DecodedResource<unknown>, string]>([
    [
      'a pattern that is not RE2',
      matching({ pathSpecifier: { case: 'safeRegex', value: { regex: '(?=a)' } } }),
      'routes[0].match.safe_regex.regex: "(?=a)" is not a pattern of RE2',
    ],
    [
      'no pattern',
      matching({ pathSpecifier: { case: 'safeRegex', value: {} } }),
      'routes[0].match.safe_regex.regex: is empty; give it a pattern',
    ],
    [
      'a pattern that is too large',
      matching({ pathSpecifier: { case: 'safeRegex', value: { regex: '(ab|ba|aab|bba){500}' } } }),
      'instructions; split it: a pattern may have 1000',
    ],
    [
      'half a segment',
      matching({ pathSpecifier: { case: 'pathSeparatedPrefix', value: '/a/' } }),
      'match.path_separated_prefix: "/a/" is not a path of whole segments',
    ],
    ['a header without a name', matching({ headers: [{}] }), 'match.headers[0].name: is empty'],
    [
      'a pseudo header',
      matching({ headers: [{ name: ':protocol' }] }),
      'match.headers[0].name: ":protocol" is not known',
    ],
    [
      'an empty prefix of a header',
      matching({ headers: [{ name: 'a', headerMatchSpecifier: { case: 'prefixMatch', value: '' } }] }),
      'match.headers[0].prefix_match: is empty',
    ],
    [
      'a string matcher that says nothing',
      matching({ headers: [{ name: 'a', headerMatchSpecifier: { case: 'stringMatch', value: {} } }] }),
      'match.headers[0].string_match: says nothing',
    ],
    [
      'a range beyond safe integers',
      matching({
        headers: [{ name: 'a', headerMatchSpecifier: { case: 'rangeMatch', value: { start: 0n, end: 2n ** 62n } } }],
      }),
      'match.headers[0].range_match: 0 … 4611686018427387904 is too wide',
    ],
    [
      'a query parameter without a name',
      matching({ queryParameters: [{}] }),
      'match.query_parameters[0].name: is empty',
    ],
    ['gRPC only', matching({ grpc: {} }), 'match.grpc: is not supported'],
    ['a variable', adding({ header: { key: 'a', value: 'x %REQ(y)% z' } }), '.header.value: "%REQ(y)%" is a variable'],
    ['half a variable', adding({ header: { key: 'a', value: '5 %' } }), '.header.value: "%" is a variable'],
    ['a line feed', adding({ header: { key: 'a', value: 'x\ny' } }), '.header.value: has a control character'],
    ['Host', adding({ header: { key: 'Host', value: 'x' } }), '.header.key: "Host" may not be changed'],
    ['a length', adding({ header: { key: 'content-length', value: '1' } }), '"content-length" may not be changed'],
    ['a name that is none', adding({ header: { key: 'a b', value: 'x' } }), '"a b" is not a field name'],
    [
      'append in both forms',
      adding({ header: { key: 'a', value: 'x' }, append: true, appendAction: 1 }),
      'has append and append_action; keep append_action',
    ],
    ['weights of 0', to({ clusterSpecifier: weighted([{ name: 'c', weight: 0 }]) }), 'has weights that add up to 0'],
    [
      'a cluster without a weight',
      to({ clusterSpecifier: weighted([{ name: 'c' }, { name: 'd', weight: 1 }]) }),
      'weighted_clusters.clusters[0].weight: is absent',
    ],
    ['a rewrite to no path', to({ ...C, prefixRewrite: 'x' }), 'route.prefix_rewrite: "x" is not a path'],
    [
      'two rewrites',
      to({ ...C, prefixRewrite: '/x', regexRewrite: { pattern: { regex: 'a' }, substitution: 'b' } }),
      'has prefix_rewrite and regex_rewrite',
    ],
    [
      'a group that is not there',
      to({ ...C, regexRewrite: { pattern: { regex: 'a' }, substitution: '\\1' } }),
      'route.regex_rewrite.substitution: "\\1" names group 1 of 0',
    ],
    [
      'a space in a path',
      to({ ...C, regexRewrite: { pattern: { regex: 'a' }, substitution: '/a b' } }),
      'route.regex_rewrite.substitution: "/a b" cannot stand in a request',
    ],
    [
      'a Host with a line feed',
      to({ ...C, hostRewriteSpecifier: { case: 'hostRewriteLiteral', value: 'a\nb' } }),
      'route.host_rewrite_literal: "a',
    ],
    [
      'a stream that ends before it begins',
      to({ ...C, maxStreamDuration: { grpcTimeoutHeaderMax: { seconds: -1n } } }),
      'route.max_stream_duration.grpc_timeout_header_max: is -1000 ms',
    ],
    [
      'a gRPC timeout of more than ten years',
      to({ ...C, maxGrpcTimeout: { seconds: 400_000_000n } }),
      'route.max_grpc_timeout: is 400000000000 ms',
    ],
    ['a status of 199', acting({ case: 'directResponse', value: { status: 199 } }), 'direct_response.status: is 199'],
    [
      'a body from a file',
      acting({
        case: 'directResponse',
        value: { status: 200, body: { specifier: { case: 'filename', value: '/etc/passwd' } } },
      }),
      'direct_response.body: is not inline',
    ],
    [
      'a body of more than 4,096 bytes',
      acting({
        case: 'directResponse',
        value: { status: 200, body: { specifier: { case: 'inlineString', value: 'ü'.repeat(2_049) } } },
      }),
      'direct_response.body: has 4098 bytes, and 4096 are allowed',
    ],
    [
      'a port that is none',
      acting({ case: 'redirect', value: { portRedirect: 65_536 } }),
      'redirect.port_redirect: is 65536; use a port',
    ],
    [
      'a redirect to no path',
      acting({ case: 'redirect', value: { pathRewriteSpecifier: { case: 'pathRedirect', value: 'x' } } }),
      'redirect.path_redirect: "x" is not a path',
    ],
  ])('is refused with %s', (_, decoded, line) => {
    expect(lines(decoded)).toEqual([expect.stringContaining(line)]);
  });
});
