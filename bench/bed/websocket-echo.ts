// A WebSocket server that gives every message back, on raw sockets so that it is not what is measured: `node websocket-echo.ts PORT…`.
import { createHash } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { frameAt, head, unmask } from '../measure/websocket-frames.ts';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

function accept(key: string): string {
  const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n`;
  return `HTTP/1.1 101 Switching Protocols\r\n${fields}\r\n`;
}

function serve(socket: Socket): void {
  let held: Buffer | null = null;
  let open = false;
  socket.on('error', () => socket.destroy());
  socket.on('data', (piece: Buffer) => {
    let bytes = held === null ? piece : Buffer.concat([held, piece]);
    held = null;
    if (!open) {
      const end = bytes.indexOf('\r\n\r\n') + 4;
      const key = /^sec-websocket-key: *(\S+)/im.exec(bytes.toString('latin1', 0, Math.max(end, 0)))?.[1];
      if (end >= 4 && key !== undefined) {
        open = true;
        socket.write(accept(createHash('sha1').update(`${key}${GUID}`).digest('base64')));
        bytes = bytes.subarray(end);
      }
    }
    try {
      const rest = open ? echo(socket, bytes) : bytes;
      if (rest.length > 0) held = rest;
    } catch {
      // A close frame, such as the probe's: there is nothing to be answered to it here.
      socket.destroy();
    }
  });
}

/** One write for all whole messages; answers what is left. */
function echo(socket: Socket, bytes: Buffer): Buffer {
  const out: Buffer[] = [];
  let at = 0;
  for (let frame = frameAt(bytes, at); frame !== null; frame = frameAt(bytes, at)) {
    const { payloadStart, maskStart, end } = frame;
    if (maskStart >= 0) unmask(bytes, payloadStart, end, bytes, maskStart);
    out.push(head(end - payloadStart), bytes.subarray(payloadStart, end));
    at = end;
  }
  if (out.length > 0) socket.write(Buffer.concat(out));
  return bytes.subarray(at);
}

for (const port of process.argv.slice(2)) createServer({ noDelay: true }, serve).listen(Number(port), '127.0.0.1');
