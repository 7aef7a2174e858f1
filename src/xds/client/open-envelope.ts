// envoy.service.discovery.v3.Resource: the envelope that gives a resource its name, version and time to live.
import type { Duration } from '@bufbuild/protobuf/wkt';
import type { Resource } from '../gen/envoy/service/discovery/v3/discovery_pb.ts';
import type { DeliveredResource } from './client-codec.ts';

export function openEnvelope({ name, version, resource, ttl }: Resource): DeliveredResource {
  return {
    name: name === '' ? null : name,
    version,
    any: resource ?? null,
    ttlMs: ttl === undefined ? null : milliseconds(ttl),
  };
}

function milliseconds({ seconds, nanos }: Duration): number {
  return Math.max(0, Number(seconds) * 1_000 + Math.floor(nanos / 1_000_000));
}
