// How long a call may take as a whole: StreamDurationSpec and GrpcTimeoutSpec ↔ what RouteAction has of both.
import type { GrpcTimeoutSpec, RouteActionSpec, StreamDurationSpec } from '../../model/route-spec.ts';
import type { RouteAction } from '../gen/envoy/config/route/v3/route_components_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { decodeDuration, encodeDuration } from './duration.ts';

type Durations = Pick<RouteActionSpec, 'streamDuration' | 'grpcTimeout'>;

export function encodeStreamDuration({ streamDuration, grpcTimeout }: Durations) {
  return {
    ...(streamDuration === undefined ? {} : { maxStreamDuration: encodeStream(streamDuration) }),
    ...(grpcTimeout === undefined ? {} : encodeGrpc(grpcTimeout)),
  };
}

function encodeStream({ maxMs, grpcTimeoutMaxMs, grpcTimeoutOffsetMs }: StreamDurationSpec) {
  return {
    ...(maxMs === undefined ? {} : { maxStreamDuration: encodeDuration(maxMs) }),
    ...(grpcTimeoutMaxMs === undefined ? {} : { grpcTimeoutHeaderMax: encodeDuration(grpcTimeoutMaxMs) }),
    ...(grpcTimeoutOffsetMs === undefined ? {} : { grpcTimeoutHeaderOffset: encodeDuration(grpcTimeoutOffsetMs) }),
  };
}

function encodeGrpc({ maxMs, offsetMs }: GrpcTimeoutSpec) {
  const offset = offsetMs === 0 ? {} : { grpcTimeoutOffset: encodeDuration(offsetMs) };
  return { maxGrpcTimeout: encodeDuration(maxMs), ...offset };
}

export function decodeStreamDuration(message: RouteAction, context: DecodeContext, path: string): Durations {
  const { maxStreamDuration: stream, maxGrpcTimeout, grpcTimeoutOffset } = message;
  const read = (duration: RouteAction['timeout'], name: string): number =>
    decodeDuration(duration, 0, context, `${path}.${name}`);
  if (stream !== undefined) {
    const { maxStreamDuration, grpcTimeoutHeaderMax, grpcTimeoutHeaderOffset } = stream;
    const part = (duration: RouteAction['timeout'], name: string): number =>
      read(duration, `max_stream_duration.${name}`);
    const maxMs = part(maxStreamDuration, 'max_stream_duration');
    const grpcTimeoutMaxMs = part(grpcTimeoutHeaderMax, 'grpc_timeout_header_max');
    const grpcTimeoutOffsetMs = part(grpcTimeoutHeaderOffset, 'grpc_timeout_header_offset');
    return {
      streamDuration: {
        ...(maxStreamDuration === undefined ? {} : { maxMs }),
        ...(grpcTimeoutHeaderMax === undefined ? {} : { grpcTimeoutMaxMs }),
        ...(grpcTimeoutHeaderOffset === undefined ? {} : { grpcTimeoutOffsetMs }),
      },
    };
  }
  const maxMs = read(maxGrpcTimeout, 'max_grpc_timeout');
  const offsetMs = read(grpcTimeoutOffset, 'grpc_timeout_offset');
  return maxGrpcTimeout === undefined ? {} : { grpcTimeout: { maxMs, offsetMs } };
}
