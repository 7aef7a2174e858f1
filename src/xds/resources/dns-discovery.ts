// DnsDiscoverySpec ↔ the fields of envoy.config.cluster.v3.Cluster for STRICT_DNS and LOGICAL_DNS.
import { DEFAULT_DNS_REFRESH_MS, type DnsDiscoverySpec, type DnsFamily } from '../../model/cluster-spec.ts';
import {
  type Cluster,
  Cluster_DiscoveryType,
  Cluster_DnsLookupFamily,
} from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';
import { decodeLoadAssignment, encodeLoadAssignment } from './endpoint.ts';

/** What an absent max_interval means, as a multiple of the base. */
const MAX_INTERVAL_FACTOR = 10;

const FAMILY_TO_WIRE: Readonly<Record<DnsFamily, Cluster_DnsLookupFamily>> = {
  auto: Cluster_DnsLookupFamily.AUTO,
  'v4-only': Cluster_DnsLookupFamily.V4_ONLY,
  'v6-only': Cluster_DnsLookupFamily.V6_ONLY,
  'v4-preferred': Cluster_DnsLookupFamily.V4_PREFERRED,
  all: Cluster_DnsLookupFamily.ALL,
};
const FAMILY_FROM_WIRE: ReadonlyMap<Cluster_DnsLookupFamily, DnsFamily> = new Map(
  (Object.keys(FAMILY_TO_WIRE) as DnsFamily[]).map((family) => [FAMILY_TO_WIRE[family], family]),
);

export function encodeDnsDiscovery(spec: DnsDiscoverySpec) {
  const { failureBackOff } = spec;
  const type = spec.kind === 'strict-dns' ? Cluster_DiscoveryType.STRICT_DNS : Cluster_DiscoveryType.LOGICAL_DNS;
  return {
    clusterDiscoveryType: { case: 'type' as const, value: type },
    loadAssignment: encodeLoadAssignment(spec.targets),
    dnsRefreshRate: encodeDuration(spec.refreshMs),
    respectDnsTtl: spec.respectTtl,
    dnsLookupFamily: FAMILY_TO_WIRE[spec.family],
    ...(spec.jitterMs === 0 ? {} : { dnsJitter: encodeDuration(spec.jitterMs) }),
    ...(failureBackOff === undefined ? {} : { dnsFailureRefreshRate: encodeBackOff(failureBackOff) }),
  };
}

function encodeBackOff({ baseMs, maxMs }: NonNullable<DnsDiscoverySpec['failureBackOff']>) {
  return { baseInterval: encodeDuration(baseMs), maxInterval: encodeDuration(maxMs) };
}

/** `type` is one of the two. */
export function decodeDnsDiscovery(
  message: Cluster,
  type: Cluster_DiscoveryType,
  context: DecodeContext,
): DnsDiscoverySpec {
  const kind = type === Cluster_DiscoveryType.STRICT_DNS ? 'strict-dns' : 'logical-dns';
  const family = FAMILY_FROM_WIRE.get(message.dnsLookupFamily);
  if (family === undefined) {
    context.refuse('dns_lookup_family', `${message.dnsLookupFamily} is not known`, 'use AUTO');
  }
  return {
    kind,
    targets: decodeTargets(message, kind, context),
    refreshMs: decodePositive(message.dnsRefreshRate, DEFAULT_DNS_REFRESH_MS, context, 'dns_refresh_rate'),
    respectTtl: message.respectDnsTtl,
    jitterMs: decodeDuration(message.dnsJitter, 0, context, 'dns_jitter'),
    family: family ?? 'auto',
    ...decodeBackOff(message, context),
  };
}

function decodeTargets(
  message: Cluster,
  kind: DnsDiscoverySpec['kind'],
  context: DecodeContext,
): DnsDiscoverySpec['targets'] {
  const assignment = message.loadAssignment;
  const decoded =
    assignment === undefined
      ? { name: '', localities: [] }
      : decodeLoadAssignment(assignment, context, 'load_assignment', 'name');
  const count = decoded.localities.reduce((sum, { endpoints }) => sum + endpoints.length, 0);
  if (count === 0) context.refuse('load_assignment', 'names no endpoint to look up', 'give it one');
  if (kind === 'logical-dns' && count > 1) {
    context.refuse('load_assignment', `has ${count} endpoints`, 'LOGICAL_DNS takes exactly one; use STRICT_DNS');
  }
  return { ...decoded, name: decoded.name || message.name };
}

function decodeBackOff(message: Cluster, context: DecodeContext): Pick<DnsDiscoverySpec, 'failureBackOff'> {
  const rate = message.dnsFailureRefreshRate;
  if (rate === undefined) return {};
  const path = 'dns_failure_refresh_rate';
  const baseMs = decodePositive(rate.baseInterval, 0, context, `${path}.base_interval`);
  const maxMs = decodeDuration(rate.maxInterval, baseMs * MAX_INTERVAL_FACTOR, context, `${path}.max_interval`);
  if (maxMs < baseMs) context.refuse(`${path}.max_interval`, 'is less than base_interval', 'give at least that');
  return { failureBackOff: { baseMs, maxMs } };
}

function decodePositive(
  duration: Cluster['dnsRefreshRate'],
  absentMs: number,
  context: DecodeContext,
  path: string,
): number {
  const ms = decodeDuration(duration, absentMs, context, path);
  if (ms < 1) context.refuse(path, duration === undefined ? 'is absent' : `is ${ms} ms`, 'give at least 1 ms');
  return ms;
}
