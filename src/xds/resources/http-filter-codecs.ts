// The table of HTTP filters that the sidecar runs: the messages of each, in a listener and in routes.
import type { DescMessage, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { FilterOverrideConfigSpec, HttpFilterConfigSpec } from '../../model/http-filter-spec.ts';
import { AdaptiveConcurrencySchema } from '../gen/envoy/extensions/filters/http/adaptive_concurrency/v3/adaptive_concurrency_pb.ts';
import { CorsPolicySchema, CorsSchema } from '../gen/envoy/extensions/filters/http/cors/v3/cors_pb.ts';
import { HTTPFaultSchema } from '../gen/envoy/extensions/filters/http/fault/v3/fault_pb.ts';
import { LocalRateLimitSchema } from '../gen/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit_pb.ts';
import {
  StatefulSessionPerRouteSchema,
  StatefulSessionSchema,
} from '../gen/envoy/extensions/filters/http/stateful_session/v3/stateful_session_pb.ts';
import { decodeAdaptiveConcurrency, encodeAdaptiveConcurrency } from './adaptive-concurrency.ts';
import { decodeCorsPolicy, encodeCorsPolicy } from './cors-policy.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';
import { decodeFault, encodeFault } from './fault-filter.ts';
import { decodeLocalRateLimit, encodeLocalRateLimit } from './local-rate-limit.ts';
import {
  decodeSessionFilter,
  decodeSessionOverride,
  encodeSessionFilter,
  encodeSessionOverride,
} from './session-filter.ts';

/** Of the configuration of one kind of filter, as a listener or as a route says it. */
interface FilterCodec<Spec> {
  readonly typeName: string;
  pack(spec: Spec): Any;
  /** Null: it is not readable, which has been reported. */
  unpack(any: Any, context: DecodeContext, path: string): Spec | null;
}

type Codecs<Spec extends { readonly kind: string }> = {
  readonly [Kind in Spec['kind']]: FilterCodec<Extract<Spec, { readonly kind: Kind }>>;
};

function codec<Desc extends DescMessage, Spec>(
  schema: Desc,
  encode: (spec: Spec) => MessageInitShape<Desc>,
  decode: (message: MessageShape<Desc>, context: DecodeContext, path: string) => Spec,
): FilterCodec<Spec> {
  return {
    typeName: schema.typeName,
    pack: (spec) => packExtension(schema, encode(spec)),
    unpack(any, context, path) {
      const message = unpackExtension(schema, any, context, path);
      return message === null ? null : decode(message, context, path);
    },
  };
}

type ConfigOf<Kind> = Extract<HttpFilterConfigSpec, { kind: Kind }>;

const FAULT = codec<typeof HTTPFaultSchema, ConfigOf<'fault'>>(
  HTTPFaultSchema,
  ({ fault }) => encodeFault(fault),
  (message, context, path) => ({ kind: 'fault', fault: decodeFault(message, context, path) }),
);

type Sessions = Extract<HttpFilterConfigSpec, { kind: 'stateful-session' }>;

const rateLimit = (needsBucket: boolean) =>
  codec<typeof LocalRateLimitSchema, ConfigOf<'local-rate-limit'>>(
    LocalRateLimitSchema,
    ({ limit }) => encodeLocalRateLimit(limit),
    (message, context, path) => ({
      kind: 'local-rate-limit',
      limit: decodeLocalRateLimit(message, needsBucket, context, path),
    }),
  );

const ADAPTIVE = codec<typeof AdaptiveConcurrencySchema, ConfigOf<'adaptive-concurrency'>>(
  AdaptiveConcurrencySchema,
  ({ concurrency }) => encodeAdaptiveConcurrency(concurrency),
  (message, context, path) => ({
    kind: 'adaptive-concurrency',
    concurrency: decodeAdaptiveConcurrency(message, context, path),
  }),
);

/** What a listener says. */
const LISTENER_CODECS: Codecs<HttpFilterConfigSpec> = {
  fault: FAULT,
  'adaptive-concurrency': ADAPTIVE,
  'stateful-session': codec<typeof StatefulSessionSchema, Sessions>(
    StatefulSessionSchema,
    ({ session }) => encodeSessionFilter(session),
    (message, context, path) => ({
      kind: 'stateful-session',
      session: decodeSessionFilter(message, context, path),
    }),
  ),
  'local-rate-limit': rateLimit(false),
  cors: codec<typeof CorsSchema, ConfigOf<'cors'>>(
    CorsSchema,
    () => ({}),
    () => ({ kind: 'cors' }),
  ),
};

/** What routes say. */
const ROUTE_CODECS: Codecs<FilterOverrideConfigSpec> = {
  fault: FAULT,
  'adaptive-concurrency': ADAPTIVE,
  'stateful-session': codec<typeof StatefulSessionPerRouteSchema, Sessions>(
    StatefulSessionPerRouteSchema,
    ({ session }) => encodeSessionOverride(session),
    (message, context, path) => ({
      kind: 'stateful-session',
      session: decodeSessionOverride(message, context, path),
    }),
  ),
  'local-rate-limit': rateLimit(true),
  cors: codec<typeof CorsPolicySchema, Extract<FilterOverrideConfigSpec, { kind: 'cors' }>>(
    CorsPolicySchema,
    ({ policy }) => encodeCorsPolicy(policy),
    (message, context, path) => ({ kind: 'cors', policy: decodeCorsPolicy(message, context, path) }),
  ),
};

export const LISTENER_FILTERS = tableOf<HttpFilterConfigSpec>(LISTENER_CODECS);
export const ROUTE_FILTERS = tableOf<FilterOverrideConfigSpec>(ROUTE_CODECS);

export interface FilterTable<Spec> {
  /** Null: a message of this type configures no filter that is known. */
  find(any: Any | undefined): ((context: DecodeContext, path: string) => Spec | null) | null;
  pack(spec: Spec): Any;
}

function tableOf<Spec extends { readonly kind: string }>(codecs: Codecs<Spec>): FilterTable<Spec> {
  const rows = codecs as Readonly<Record<string, FilterCodec<Spec>>>;
  const byType = new Map(Object.values(rows).map((row) => [row.typeName, row]));
  return {
    find(any) {
      const row = byType.get(extensionType(any));
      if (any === undefined || row === undefined) return null;
      return (context, path) => row.unpack(any, context, path);
    },
    pack(spec) {
      const row = rows[spec.kind];
      if (row === undefined) throw new Error(`there is no message for a filter of kind "${spec.kind}"`);
      return row.pack(spec);
    },
  };
}
