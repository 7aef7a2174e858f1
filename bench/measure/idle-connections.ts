// Connections that have had one answer each and then stay, without a request.
import { connect, type Socket } from 'node:net';

export interface IdleConnections {
  /** How many of them have had their answer and are still open. */
  count(): number;
  close(): void;
}

export interface IdleSpec {
  readonly port: number;
  /** Sent as `Host`. */
  readonly authority: string;
  readonly count: number;
}

const AT_ONCE = 32;
const ANSWER_LIMIT_MS = 10_000;

/** Resolves when each has had its answer. Throws when one has not. */
export async function openIdleConnections(spec: IdleSpec): Promise<IdleConnections> {
  const sockets: Socket[] = [];
  const close = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const openAll = async (): Promise<void> => {
    while (sockets.length < spec.count) {
      const socket = connect(spec.port, '127.0.0.1');
      sockets.push(socket);
      await answerOn(socket, spec.authority);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, openAll));
  } catch (error) {
    close();
    throw error;
  }
  return { count: () => sockets.filter(({ readyState }) => readyState === 'open').length, close };
}

function answerOn(socket: Socket, authority: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const listen = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!isWhole(text)) return;
      socket.off('data', listen);
      socket.setTimeout(0);
      if (text.startsWith('HTTP/1.1 200 ')) resolve();
      else reject(new Error(`a connection was answered ${text.split('\r\n', 1)[0]}`));
    };
    socket.on('data', listen);
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('a connection was closed before its answer was whole')));
    socket.setTimeout(ANSWER_LIMIT_MS, () => socket.destroy(new Error('a connection had no answer in 10 s')));
    socket.write(`GET /data HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  });
}

/** Of an answer with a Content-Length, as the backends of the bench send. */
export function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(text.slice(0, end + 2))?.[1];
  return text.length >= end + 4 + Number(length ?? 0);
}
