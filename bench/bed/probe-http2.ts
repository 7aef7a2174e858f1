// Asks a proxy of HTTP/2 once, before it is measured, whether it really forwards to the backends.
import { connect, constants } from 'node:http2';
import type { RunningProxy } from '../contender.ts';
import { checkAnswer } from './probe.ts';

const LIMIT_MS = 5_000;

/** Throws with what came instead of a backend's answer. */
export async function probeHttp2({ port, authority = `127.0.0.1:${port}` }: RunningProxy): Promise<void> {
  const session = connect(`http://127.0.0.1:${port}`);
  try {
    const { status, body } = await new Promise<{ readonly status: number; readonly body: string }>(
      (resolve, reject) => {
        session.on('error', reject);
        const stream = session.request({ ':path': '/data', ':authority': authority });
        let status = 0;
        let body = '';
        stream.setTimeout(LIMIT_MS, () => stream.close(constants.NGHTTP2_CANCEL));
        stream.on('response', (head) => {
          status = head[':status'] ?? 0;
        });
        stream.on('data', (chunk: Buffer) => {
          body += chunk.toString();
        });
        stream.on('end', () => resolve({ status, body }));
        stream.on('error', reject);
      },
    );
    checkAnswer(status, body);
  } finally {
    session.destroy();
  }
}
