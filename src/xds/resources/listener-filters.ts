// What a listener learns of a connection before it chooses a chain ↔ Listener.listener_filters and their timeout.
import type { MessageInitShape } from '@bufbuild/protobuf';
import { DEFAULT_INSPECTION_TIMEOUT_MS, type ListenerSpec } from '../../model/listener-spec.ts';
import type { ListenerFilter } from '../gen/envoy/config/listener/v3/listener_components_pb.ts';
import type { Listener, ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpInspectorSchema } from '../gen/envoy/extensions/filters/listener/http_inspector/v3/http_inspector_pb.ts';
import { OriginalDstSchema } from '../gen/envoy/extensions/filters/listener/original_dst/v3/original_dst_pb.ts';
import { TlsInspectorSchema } from '../gen/envoy/extensions/filters/listener/tls_inspector/v3/tls_inspector_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';

type ListenerInit = Exclude<MessageInitShape<typeof ListenerSchema>, Listener>;
type Inspected = Pick<ListenerSpec, 'inspection' | 'originalDestination'>;

const FILTERS = {
  original_dst: OriginalDstSchema,
  tls_inspector: TlsInspectorSchema,
  http_inspector: HttpInspectorSchema,
} as const;
type FilterName = keyof typeof FILTERS;

type FilterFields = 'listenerFilters' | 'listenerFiltersTimeout' | 'continueOnListenerFiltersTimeout';

export function encodeListenerFilters(spec: Inspected): Pick<ListenerInit, FilterFields> {
  const { inspection } = spec;
  const listenerFilters = [
    ...(spec.originalDestination === undefined ? [] : [encodeFilter('original_dst')]),
    ...(inspection?.tls === true ? [encodeFilter('tls_inspector')] : []),
    ...(inspection?.http === true ? [encodeFilter('http_inspector')] : []),
  ];
  if (inspection === undefined) return { listenerFilters };
  return {
    listenerFilters,
    listenerFiltersTimeout: encodeDuration(inspection.timeoutMs),
    continueOnListenerFiltersTimeout: inspection.continueOnTimeout,
  };
}

function encodeFilter(name: FilterName) {
  const value = packExtension(FILTERS[name], {});
  return { name: `envoy.filters.listener.${name}`, configType: { case: 'typedConfig' as const, value } };
}

export function decodeListenerFilters(message: Listener, context: DecodeContext): Inspected {
  const found = new Set<FilterName>();
  for (const [i, filter] of message.listenerFilters.entries()) {
    const name = decodeFilter(filter, context, `listener_filters[${i}]`);
    if (name !== null) found.add(name);
  }
  const tls = found.has('tls_inspector');
  const http = found.has('http_inspector');
  const timeoutMs = decodeDuration(
    message.listenerFiltersTimeout,
    DEFAULT_INSPECTION_TIMEOUT_MS,
    context,
    'listener_filters_timeout',
  );
  const inspection = { tls, http, timeoutMs, continueOnTimeout: message.continueOnListenerFiltersTimeout };
  return {
    ...(tls || http ? { inspection } : {}),
    ...(found.has('original_dst') ? { originalDestination: 'match' } : {}),
  };
}

/** A filter that is not known might be what makes the bytes readable at all (PROXY protocol): it cannot be left out. */
function decodeFilter(filter: ListenerFilter, context: DecodeContext, path: string): FilterName | null {
  const any = filter.configType.value;
  const names = Object.keys(FILTERS) as FilterName[];
  const name = names.find((one) => FILTERS[one].typeName === extensionType(any)) ?? null;
  if (name === null || any === undefined) {
    const type = extensionType(any) || 'no type';
    context.refuse(path, `listener filter "${filter.name}" (${type}) is not supported`, `use ${names.join(', ')}`);
  } else {
    unpackExtension(FILTERS[name], any, context, `${path}.typed_config`);
  }
  return name;
}
