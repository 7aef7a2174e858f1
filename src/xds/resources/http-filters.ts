// The chain of HTTP filters: HttpFilterSpec ↔ HttpConnectionManager.http_filters, which the router ends.
import type { DescMessage, MessageInitShape } from '@bufbuild/protobuf';
import type { HttpFilterSpec } from '../../model/http-filter-spec.ts';
import type { HttpConnectionManagerSpec } from '../../model/listener-spec.ts';
import { OnDemandSchema } from '../gen/envoy/extensions/filters/http/on_demand/v3/on_demand_pb.ts';
import { type Router, RouterSchema } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import type {
  HttpFilter,
  HttpFilterSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { encodeRouter } from './envoy-headers.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';
import { LISTENER_FILTERS } from './http-filter-codecs.ts';

type FilterInit = MessageInitShape<typeof HttpFilterSchema>;

/** Where configuration is asked for when a request needs it, that comes first. */
export function encodeHttpFilters({ routes, filters = [], envoyHeaders }: HttpConnectionManagerSpec): FilterInit[] {
  return [
    ...(routes.kind === 'on-demand' ? [encodePlain('envoy.filters.http.on_demand', OnDemandSchema)] : []),
    ...filters.map(encodeFilter),
    encodePlain('envoy.filters.http.router', RouterSchema, { ...encodeRouter(envoyHeaders) }),
  ];
}

function encodeFilter({ name, disabled, config }: HttpFilterSpec): FilterInit {
  return {
    name,
    configType: { case: 'typedConfig', value: LISTENER_FILTERS.pack(config) },
    ...(disabled === true ? { disabled } : {}),
  };
}

function encodePlain(
  name: string,
  schema: typeof RouterSchema | typeof OnDemandSchema,
  config: Record<string, unknown> = {},
): FilterInit {
  return { name, configType: { case: 'typedConfig', value: packExtension<DescMessage>(schema, config) } };
}

export interface DecodedFilters {
  readonly filters: readonly HttpFilterSpec[];
  /** Configuration is asked for when a request needs it. */
  readonly onDemand: boolean;
  /** Null: it has none, or none that can be read, and that is refused. */
  readonly router: Router | null;
}

/** The router has to be the last; filters that are not known may be left out only where they say so. */
export function decodeHttpFilters(items: readonly HttpFilter[], context: DecodeContext, path: string): DecodedFilters {
  const filters: HttpFilterSpec[] = [];
  let router: Router | null = null;
  let lastIsRouter = false;
  let onDemand = false;
  for (const [i, item] of items.entries()) {
    const at = `${path}[${i}]`;
    const any = item.configType.value;
    const type = extensionType(any);
    if (any !== undefined && type === RouterSchema.typeName && !item.disabled) {
      router = unpackExtension(RouterSchema, any, context, `${at}.typed_config`);
      lastIsRouter = i === items.length - 1;
    } else if (any !== undefined && type === OnDemandSchema.typeName && !item.disabled) {
      unpackExtension(OnDemandSchema, any, context, `${at}.typed_config`);
      onDemand = true;
    } else {
      const filter = decodeFilter(item, context, at);
      if (filter !== null) filters.push(filter);
    }
  }
  if (!lastIsRouter)
    context.refuse(path, 'does not end with the router', `add ${RouterSchema.typeName} as the last filter`);
  return { filters, onDemand, router };
}

/** Null: it is left out, or refused. */
function decodeFilter(item: HttpFilter, context: DecodeContext, path: string): HttpFilterSpec | null {
  const decode = LISTENER_FILTERS.find(item.configType.value);
  if (decode !== null) {
    const config = decode(context, `${path}.typed_config`);
    if (config === null) return null;
    return { name: item.name, ...(item.disabled ? { disabled: true } : {}), config };
  }
  if (item.isOptional || item.disabled) {
    context.ignore(path);
    return null;
  }
  const named = `HTTP filter "${item.name}" (${extensionType(item.configType.value) || 'no type'})`;
  context.refuse(path, `${named} is not supported`, 'remove it or set is_optional');
  return null;
}
