// Transport sockets: plain text or TLS; everything else is refused.
import type { DescMessage, MessageShape } from '@bufbuild/protobuf';
import type { Any } from '@bufbuild/protobuf/wkt';
import type { TransportSocket } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType, unpackExtension } from './extension.ts';

const RAW_BUFFER = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';

export function encodeTlsSocket(tls: Any) {
  return { name: 'envoy.transport_sockets.tls', configType: { case: 'typedConfig' as const, value: tls } };
}

/**
 * The message of a TLS socket; `null` = plain text. Every other socket is reported: to go on without would send or accept plain text where
 * something else was meant.
 */
export function decodeTlsSocket<Desc extends DescMessage>(
  schema: Desc,
  socket: TransportSocket | undefined,
  context: DecodeContext,
  path: string,
): MessageShape<Desc> | null {
  const any = socket?.configType.value;
  if (socket === undefined || extensionType(any) === RAW_BUFFER) return null;
  if (any !== undefined && extensionType(any) === schema.typeName) {
    return unpackExtension(schema, any, context, `${path}.typed_config`);
  }
  const type = extensionType(any) || 'no type';
  context.refuse(path, `"${socket.name}" (${type}) is not supported`, `use ${schema.typeName}, or leave it out`);
  return null;
}

/** For what is never encrypted here. */
export function checkPlainSocket(socket: TransportSocket | undefined, context: DecodeContext, path: string): void {
  const type = extensionType(socket?.configType.value);
  if (socket === undefined || type === RAW_BUFFER) return;
  context.refuse(path, `"${socket.name}" (${type || 'no type'}) is not supported`, 'use plain text, or leave it out');
}
