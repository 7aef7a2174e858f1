// Asks a proxy once, before it is measured, whether a WebSocket passes it.
import type { RunningProxy } from '../contender.ts';

const LIMIT_MS = 5_000;

/** Throws where no message comes back. */
export async function probeWebSocket({ port }: RunningProxy): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/echo`);
  socket.binaryType = 'arraybuffer';
  try {
    await new Promise<void>((resolve, reject) => {
      const signal = AbortSignal.timeout(LIMIT_MS);
      signal.addEventListener('abort', () => reject(new Error('no message comes back')));
      socket.addEventListener('open', () => socket.send(Buffer.from('is anybody there?')));
      socket.addEventListener('error', () => reject(new Error('it lets no WebSocket pass')));
      socket.addEventListener('message', ({ data }) => {
        if (Buffer.from(data).toString() === 'is anybody there?') resolve();
        else reject(new Error('another message comes back'));
      });
    });
  } finally {
    socket.close();
  }
}
