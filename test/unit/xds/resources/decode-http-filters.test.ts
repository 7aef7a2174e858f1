// HTTP filters as other control planes send them: what is taken, what is left out, and what is refused, in listeners and in routes.
import { create, type DescMessage, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../../../src/base/result.ts';
import { NEVER } from '../../../../src/model/fraction-spec.ts';
import type { HttpConnectionManagerSpec } from '../../../../src/model/listener-spec.ts';
import { FilterConfigSchema } from '../../../../src/xds/gen/envoy/config/route/v3/route_components_pb.ts';
import { RouteConfigurationSchema } from '../../../../src/xds/gen/envoy/config/route/v3/route_pb.ts';
import { HTTPFaultSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';
import { LocalRateLimitSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts';
import { RouterSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import { StatefulSessionSchema } from '../../../../src/xds/gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { HttpConnectionManagerSchema } from '../../../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { HeaderBasedSessionStateSchema } from '../../../../src/xds/gen/envoy/extensions/http/stateful_session/header/v3/header_pb.ts';
import { DecodeContext } from '../../../../src/xds/resources/decode-context.ts';
import { decodeHttpConnectionManager } from '../../../../src/xds/resources/http-connection-manager.ts';
import { ROUTE_TYPE } from '../../../../src/xds/resources/route.ts';

function any<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any {
  return anyPack(schema, create(schema, init));
}

function unknown(typeName: string): Any {
  return create(AnySchema, { typeUrl: `type.googleapis.com/${typeName}`, value: new Uint8Array() });
}

function filter(name: string, value: Any, rest: { isOptional?: boolean; disabled?: boolean } = {}) {
  return { name, configType: { case: 'typedConfig', value }, ...rest } as const;
}

const ROUTER = filter('router', any(RouterSchema, {}));
const TEAPOT = any(HTTPFaultSchema, { abort: { errorType: { case: 'httpStatus', value: 418 } } });

const BUCKET = { maxTokens: 2, fillInterval: { seconds: 1n } };
const OF_ANN = { entries: [{ key: 'user', value: 'ann' }], tokenBucket: BUCKET };
const USER_OF = { case: 'requestHeaders', value: { headerName: 'x-user', descriptorKey: 'user' } } as const;
const BY_USER = { actions: [{ actionSpecifier: USER_OF }] };

function limited(init: MessageInitShape<typeof LocalRateLimitSchema>): Any {
  return any(LocalRateLimitSchema, { statPrefix: 'x', ...init } as MessageInitShape<typeof LocalRateLimitSchema>);
}

type ManagerInit = MessageInitShape<typeof HttpConnectionManagerSchema>;

function manager(init: ManagerInit): { spec: HttpConnectionManagerSpec; issues: string[]; ignored: readonly string[] } {
  const context = new DecodeContext('x');
  const routes = { case: 'routeConfig', value: { name: 'r' } } as const;
  const message = any(HttpConnectionManagerSchema, { statPrefix: 'x', routeSpecifier: routes, ...init } as ManagerInit);
  const spec = decodeHttpConnectionManager(message, context, 'hcm');
  return { spec, issues: context.issues.map(renderIssue), ignored: context.ignored };
}

function routes(typedPerFilterConfig: Record<string, Any>) {
  const bytes = toBinary(
    RouteConfigurationSchema,
    create(RouteConfigurationSchema, { name: 'r', typedPerFilterConfig }),
  );
  const { result, ignored } = ROUTE_TYPE.decode(bytes);
  return {
    filters: result.ok ? result.value.filters : undefined,
    issues: result.ok ? [] : result.issues.map(renderIssue),
    ignored,
  };
}

describe('a session by a header', () => {
  const named = (name: string) => {
    const sessionState = { name: 's', typedConfig: any(HeaderBasedSessionStateSchema, { name }) };
    return manager({ httpFilters: [filter('session', any(StatefulSessionSchema, { sessionState })), ROUTER] });
  };

  it('is taken in lower case', () => {
    const session = { carrier: { kind: 'header', name: 'x-cart' } };
    expect(named('X-Cart')).toMatchObject({ issues: [], spec: { filters: [{ config: { session } }] } });
  });

  it.each(['Content-Length', 'connection', 'Host', 'a b'])('is refused where %s should carry it', (name) => {
    expect(named(name).issues).toEqual([
      `x: hcm.http_filters[0].typed_config.session_state.typed_config.name: "${name}" carries no session; name another header`,
    ]);
  });
});

describe('the HTTP filters of a listener', () => {
  it('are taken in their order, by type whatever they are called; one that is disabled is kept for routes', () => {
    const { spec, issues, ignored } = manager({
      httpFilters: [
        filter('second name', TEAPOT),
        filter('fault', any(HTTPFaultSchema, {}), { disabled: true }),
        ROUTER,
      ],
    });
    const abort = { abort: { kind: 'http', status: 418 }, share: { numerator: 0, denominator: 100 } };
    expect(spec.filters).toEqual([
      { name: 'second name', config: { kind: 'fault', fault: { abort } } },
      { name: 'fault', disabled: true, config: { kind: 'fault', fault: {} } },
    ]);
    expect([issues, ignored]).toEqual([[], []]);
  });

  it('are left out where they are not known and say that they are optional, or are disabled', () => {
    const { spec, issues, ignored } = manager({
      httpFilters: [
        filter('stats', unknown('x.Stats'), { isOptional: true }),
        filter('wasm', unknown('x.Wasm'), { disabled: true }),
        ROUTER,
      ],
    });
    expect([spec.filters, issues, ignored]).toEqual([undefined, [], ['hcm.http_filters[0]', 'hcm.http_filters[1]']]);
  });

  it.each<[string, ManagerInit, string]>([
    [
      'that is not known',
      { httpFilters: [filter('jwt', unknown('x.Jwt')), ROUTER] },
      'hcm.http_filters[0]: HTTP filter "jwt" (x.Jwt) is not supported; remove it or set is_optional',
    ],
    [
      'behind the router',
      { httpFilters: [ROUTER, filter('fault', TEAPOT)] },
      'hcm.http_filters: does not end with the router',
    ],
    [
      'of an upgrade, other than those of requests',
      {
        httpFilters: [filter('fault', TEAPOT), ROUTER],
        upgradeConfigs: [{ upgradeType: 'websocket', filters: [ROUTER] }],
      },
      'hcm.upgrade_configs[0].filters: are other filters than http_filters has, which is not supported; leave them out',
    ],
    [
      'that delays by nothing',
      { httpFilters: [filter('fault', any(HTTPFaultSchema, { delay: {} })), ROUTER] },
      'hcm.http_filters[0].typed_config.delay.fixed_delay: is absent or 0; give a duration, or header_delay',
    ],
    [
      'that fails with no status',
      { httpFilters: [filter('fault', any(HTTPFaultSchema, { abort: {} })), ROUTER] },
      'hcm.http_filters[0].typed_config.abort: says nothing; give it http_status, grpc_status or header_abort',
    ],
    [
      'that fails with what is no status',
      {
        httpFilters: [
          filter('fault', any(HTTPFaultSchema, { abort: { errorType: { case: 'httpStatus', value: 600 } } })),
          ROUTER,
        ],
      },
      'hcm.http_filters[0].typed_config.abort.http_status: is 600; use 200 to 599',
    ],
    [
      'that limits rates without a name',
      { httpFilters: [filter('limit', any(LocalRateLimitSchema, {})), ROUTER] },
      'hcm.http_filters[0].typed_config.stat_prefix: is empty; name the statistics',
    ],
    [
      'whose bucket holds nothing',
      { httpFilters: [filter('limit', limited({ tokenBucket: { fillInterval: { seconds: 1n } } })), ROUTER] },
      'hcm.http_filters[0].typed_config.token_bucket.max_tokens: is absent or 0; give at least 1',
    ],
    [
      'whose bucket fills too often',
      {
        httpFilters: [
          filter('limit', limited({ tokenBucket: { maxTokens: 1, fillInterval: { nanos: 1e6 } } })),
          ROUTER,
        ],
      },
      'hcm.http_filters[0].typed_config.token_bucket.fill_interval: is 1 ms; give at least 50 ms',
    ],
    [
      'whose descriptors are made by nobody',
      { httpFilters: [filter('limit', limited({ tokenBucket: BUCKET, descriptors: [OF_ANN] })), ROUTER] },
      'hcm.http_filters[0].typed_config.descriptors: are made by nobody; add rate_limits beside them; those of routes are not asked',
    ],
    [
      'with descriptors and no bucket for all',
      { httpFilters: [filter('limit', limited({ descriptors: [OF_ANN], rateLimits: [BY_USER] })), ROUTER] },
      'hcm.http_filters[0].typed_config.token_bucket: is absent; give it one for all requests',
    ],
    [
      'with a bucket for each value that callers think of',
      {
        httpFilters: [
          filter(
            'limit',
            limited({
              ...{ tokenBucket: BUCKET, rateLimits: [BY_USER] },
              descriptors: [{ entries: [{ key: 'user', value: '' }], tokenBucket: BUCKET }],
            }),
          ),
          ROUTER,
        ],
      },
      'hcm.http_filters[0].typed_config.descriptors[0].entries[0].value: is empty, which is not supported; give a value',
    ],
    [
      'with the same descriptor twice',
      {
        httpFilters: [
          filter('limit', limited({ tokenBucket: BUCKET, rateLimits: [BY_USER], descriptors: [OF_ANN, OF_ANN] })),
          ROUTER,
        ],
      },
      'hcm.http_filters[0].typed_config.descriptors[1].entries: are those of a descriptor before it; remove one of them',
    ],
    [
      'with an action that it does not know',
      {
        httpFilters: [
          filter('limit', limited({ tokenBucket: BUCKET, descriptors: [OF_ANN], rateLimits: [{ actions: [{}] }] })),
          ROUTER,
        ],
      },
      'hcm.http_filters[0].typed_config.rate_limits[0].actions[0]: is not supported; use generic_key, request_headers',
    ],
    [
      'whose bucket is that of a connection',
      { httpFilters: [filter('limit', limited({ localRateLimitPerDownstreamConnection: true })), ROUTER] },
      'hcm.http_filters[0].typed_config.local_rate_limit_per_downstream_connection: is not supported',
    ],
    [
      'that goes by what it cannot know',
      { httpFilters: [filter('fault', any(HTTPFaultSchema, { downstreamNodes: ['a'] })), ROUTER] },
      'hcm.http_filters[0].typed_config.downstream_nodes: is not supported',
    ],
  ])('are refused with one %s', (_, init, line) => {
    expect(manager(init).issues).toEqual([expect.stringContaining(line)]);
  });
});

describe('what routes say of HTTP filters', () => {
  it('is a configuration, perhaps in a FilterConfig, or that the filter runs, or that it does not', () => {
    const config = (init: MessageInitShape<typeof FilterConfigSchema>): Any => any(FilterConfigSchema, init);
    const { filters, issues } = routes({
      plain: TEAPOT,
      wrapped: config({ config: TEAPOT }),
      on: config({ config: create(AnySchema, {}) }),
      off: config({ disabled: true }),
    });
    const teapot = { config: expect.objectContaining({ kind: 'fault' }) };
    expect([filters, issues]).toEqual([{ plain: teapot, wrapped: teapot, on: {}, off: { disabled: true } }, []]);
  });

  it('is refused where it is not known, and left out where it says that it is optional', () => {
    expect(routes({ jwt: unknown('x.PerRoute') }).issues).toEqual([
      expect.stringContaining(
        'typed_per_filter_config["jwt"]: configures HTTP filter "jwt" (x.PerRoute), which is not supported; remove it, or wrap',
      ),
    ]);
    const optional = routes({ jwt: any(FilterConfigSchema, { isOptional: true, config: unknown('x.PerRoute') }) });
    expect(optional).toEqual({ filters: undefined, issues: [], ignored: ['typed_per_filter_config["jwt"].config'] });
  });

  it('is refused where a route limits rates without a bucket, which a listener may leave to it', () => {
    const { spec, issues } = manager({ httpFilters: [filter('limit', limited({})), ROUTER] });
    const limit = { statPrefix: 'x', enabled: NEVER, enforced: NEVER, status: 429 };
    expect([spec.filters, issues]).toEqual([[{ name: 'limit', config: { kind: 'local-rate-limit', limit } }], []]);
    expect(routes({ limit: limited({}) }).issues).toEqual([
      expect.stringContaining('typed_per_filter_config["limit"].token_bucket: is absent; give it one'),
    ]);
  });

  it('is refused with what its filter would refuse', () => {
    const bad = any(HTTPFaultSchema, { abort: { errorType: { case: 'grpcStatus', value: 17 } } });
    expect(routes({ fault: bad }).issues).toEqual([
      expect.stringContaining('typed_per_filter_config["fault"].abort.grpc_status: is 17; use 0 to 16'),
    ]);
  });
});
