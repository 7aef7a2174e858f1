// What routes say of HTTP filters: FilterOverridesSpec ↔ typed_per_filter_config of a route configuration, virtual host, route or weighted cluster.

import { create } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import type { FilterOverrideSpec, FilterOverridesSpec } from '../../model/http-filter-spec.ts';
import { FilterConfigSchema } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import { type DecodeContext, joinPath } from './decode-context.ts';
import { extensionType, unpackExtension } from './extension.ts';
import { ROUTE_FILTERS } from './http-filter-codecs.ts';

/** What the four messages have in common. */
interface PerFilterConfig {
  readonly typedPerFilterConfig: Readonly<Record<string, Any>>;
}

export function encodeFilterOverrides(spec: FilterOverridesSpec | undefined): {
  typedPerFilterConfig?: Record<string, Any>;
} {
  if (spec === undefined) return {};
  const entries = Object.entries(spec).map(([name, override]): [string, Any] => [name, encodeOverride(override)]);
  return { typedPerFilterConfig: Object.fromEntries(entries) };
}

function encodeOverride({ disabled, config }: FilterOverrideSpec): Any {
  const packed = config === undefined ? undefined : ROUTE_FILTERS.pack(config);
  // Clients of gRPC know faults; one that does not know another filter would refuse the routes.
  const isOptional = config !== undefined && config.kind !== 'fault';
  if (packed !== undefined && disabled !== true && !isOptional) return packed;
  const wrapped = { disabled: disabled === true, isOptional, ...(packed === undefined ? {} : { config: packed }) };
  return anyPack(FilterConfigSchema, create(FilterConfigSchema, wrapped));
}

/** An object with `filters`, or an empty one: to be spread into the spec. */
export function decodeFilterOverrides(
  { typedPerFilterConfig }: PerFilterConfig,
  context: DecodeContext,
  path: string,
): { readonly filters?: FilterOverridesSpec } {
  const entries: [string, FilterOverrideSpec][] = [];
  for (const [name, any] of Object.entries(typedPerFilterConfig)) {
    const override = decodeOverride(
      name,
      any,
      context,
      joinPath(path, `typed_per_filter_config[${JSON.stringify(name)}]`),
    );
    if (override !== null) entries.push([name, override]);
  }
  return entries.length === 0 ? {} : { filters: Object.fromEntries(entries) };
}

/** Null: it is left out, or refused. */
function decodeOverride(name: string, any: Any, context: DecodeContext, path: string): FilterOverrideSpec | null {
  if (extensionType(any) !== FilterConfigSchema.typeName) return decodeConfig(name, any, false, context, path);
  const message = unpackExtension(FilterConfigSchema, any, context, path);
  if (message === null) return null;
  const { config, disabled, isOptional } = message;
  const said = disabled ? ({ disabled } as const) : {};
  // One that says nothing more lets a filter run that the listener has disabled.
  if (config === undefined || config.typeUrl === '') return said;
  const inner = decodeConfig(name, config, isOptional, context, `${path}.config`);
  if (inner === null) return disabled ? said : null;
  return { ...said, ...inner };
}

function decodeConfig(
  name: string,
  any: Any,
  isOptional: boolean,
  context: DecodeContext,
  path: string,
): FilterOverrideSpec | null {
  const decode = ROUTE_FILTERS.find(any);
  if (decode !== null) {
    const config = decode(context, path);
    return config === null ? null : { config };
  }
  if (isOptional) {
    context.ignore(path);
  } else {
    const what = `configures HTTP filter "${name}" (${extensionType(any) || 'no type'}), which is not supported`;
    context.refuse(path, what, 'remove it, or wrap it in a FilterConfig with is_optional');
  }
  return null;
}
