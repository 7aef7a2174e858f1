// ClientHellos: as OpenSSL sends them, and made by hand.
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { connect } from 'node:tls';

export interface HelloOptions {
  readonly servername?: string;
  readonly alpn?: readonly string[];
  readonly maxVersion?: 'TLSv1.2' | 'TLSv1.3';
}

/** The first flight of Node's own TLS client. */
export async function realClientHello({ servername, alpn, maxVersion }: HelloOptions): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address !== null && typeof address === 'object' ? address.port : 0;
  const accepted = once(server, 'connection');
  const client = connect({
    ...{ port, host: '127.0.0.1', servername: servername ?? '' },
    ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    ...(maxVersion === undefined ? {} : { maxVersion }),
  });
  client.on('error', () => {});
  const [socket] = (await accepted) as [Socket];
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  client.destroy();
  server.close();
  return bytes;
}

export function vector(lengthBytes: 1 | 2 | 3, content: Buffer): Buffer {
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

export function extension(type: number, content: Buffer): Buffer {
  const head = Buffer.alloc(2);
  head.writeUInt16BE(type);
  return Buffer.concat([head, vector(2, content)]);
}

export function serverNameExtension(name: Buffer | string, type = 0): Buffer {
  return extension(0, vector(2, Buffer.concat([Buffer.of(type), vector(2, Buffer.from(name))])));
}

export function alpnExtension(names: readonly string[]): Buffer {
  return extension(16, vector(2, Buffer.concat(names.map((name) => vector(1, Buffer.from(name, 'latin1'))))));
}

/** A whole handshake message. */
export function helloMessage(
  extensions: Buffer | null,
  { sessionId = Buffer.alloc(0), ciphers = Buffer.of(0x13, 1), compression = Buffer.of(0) } = {},
): Buffer {
  const body = Buffer.concat([
    Buffer.of(3, 3),
    Buffer.alloc(32, 7),
    vector(1, sessionId),
    vector(2, ciphers),
    vector(1, compression),
    ...(extensions === null ? [] : [vector(2, extensions)]),
  ]);
  return Buffer.concat([Buffer.of(1), vector(3, body)]);
}

/** `message` in handshake records of at most `size` bytes. */
export function records(message: Buffer, size = 16_384): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    parts.push(Buffer.of(22, 3, 1), vector(2, message.subarray(at, at + size)));
  }
  return Buffer.concat(parts);
}

/** Handshake messages that the records of `bytes` hold. */
export function messageOf(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 5 + bytes.readUInt16BE(at + 3);
    parts.push(bytes.subarray(at + 5, end));
    at = end;
  }
  return Buffer.concat(parts);
}
