// ApiListenerSpec → envoy.config.listener.v3.Listener, for gRPC clients. Our own sidecar never asks for one.
import { create, toBinary } from '@bufbuild/protobuf';
import type { ApiListenerSpec } from '../../model/on-demand.ts';
import { ListenerSchema } from '../gen/envoy/config/listener/v3/listener_pb.ts';
import { encodeHttpConnectionManager } from './http-connection-manager.ts';

export function encodeApiListener(spec: ApiListenerSpec): Uint8Array {
  const listener = { name: spec.name, apiListener: { apiListener: encodeHttpConnectionManager(spec.http) } };
  return toBinary(ListenerSchema, create(ListenerSchema, listener));
}
