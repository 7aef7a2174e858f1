// Transport sockets: plain text only until the mesh has identities.
import type { TransportSocket } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType } from './extension.ts';

const RAW_BUFFER = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';

/** Reports every transport socket but the plain one: to go on without would send or accept plain text where TLS was meant. */
export function checkTransportSocket(socket: TransportSocket | undefined, context: DecodeContext, path: string): void {
  if (socket === undefined) return;
  const type = extensionType(socket.configType.value);
  if (type === RAW_BUFFER) return;
  context.refuse(path, `"${socket.name}" (${type || 'no type'}) is not supported`, 'use plain text, or leave it out');
}
