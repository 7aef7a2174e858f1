// EnvoyHeadersSpec ↔ use_remote_address, internal_address_config and skip_xff_append of HttpConnectionManager, and its Router.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { EnvoyHeadersSpec } from '../../model/envoy-headers-spec.ts';
import type { Router, RouterSchema } from '../gen/envoy/extensions/filters/http/router/v3/router_pb.ts';
import type {
  HttpConnectionManager,
  HttpConnectionManagerSchema,
} from '../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeRange, encodeRange } from './filter-chain-match.ts';

type ManagerFields = Pick<
  MessageInitShape<typeof HttpConnectionManagerSchema>,
  'useRemoteAddress' | 'internalAddressConfig' | 'skipXffAppend'
>;

export function encodeEnvoyHeaders(spec: EnvoyHeadersSpec | undefined): ManagerFields {
  if (spec === undefined) return {};
  const { internal, caller, addsForwardedFor } = spec;
  return {
    ...(internal.length === 0 ? {} : { internalAddressConfig: { cidrRanges: internal.map(encodeRange) } }),
    ...(caller === 'connection' ? { useRemoteAddress: true, skipXffAppend: addsForwardedFor !== true } : {}),
  };
}

export function encodeRouter(spec: EnvoyHeadersSpec | undefined): MessageInitShape<typeof RouterSchema> {
  return {
    ...(spec?.respectsExpectedTimeout === true ? { respectExpectedRqTimeout: true } : {}),
    ...(spec?.suppressed === true ? { suppressEnvoyHeaders: true } : {}),
  };
}

/** Nothing where the listener says nothing of whom to trust. `router`: null = it has none, which is told elsewhere. */
export function decodeEnvoyHeaders(
  message: HttpConnectionManager,
  router: Router | null,
  context: DecodeContext,
  path: string,
): { readonly envoyHeaders?: EnvoyHeadersSpec } {
  const { unixSockets = false, cidrRanges = [] } = message.internalAddressConfig ?? {};
  const at = `${path}.internal_address_config`;
  // Nobody calls through one here.
  if (unixSockets) context.ignore(`${at}.unix_sockets`);
  const ranges = cidrRanges.map((range, i) => decodeRange(range, context, `${at}.cidr_ranges[${i}]`));
  const byConnection = message.useRemoteAddress === true;
  if (!byConnection && ranges.length === 0) return {};
  // With trusted hops, what x-forwarded-for says is never the one address of an internal request.
  const internal = !byConnection && message.xffNumTrustedHops > 0 ? [] : ranges;
  return {
    envoyHeaders: {
      internal,
      caller: byConnection ? 'connection' : 'forwarded-for',
      ...(byConnection && !message.skipXffAppend ? { addsForwardedFor: true } : {}),
      ...(router?.respectExpectedRqTimeout === true ? { respectsExpectedTimeout: true } : {}),
      ...(router?.suppressEnvoyHeaders === true ? { suppressed: true } : {}),
    },
  };
}
