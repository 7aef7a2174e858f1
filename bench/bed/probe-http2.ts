// Asks a proxy of HTTP/2 once, before it is measured, whether it really forwards to the backends.
import { connect, constants, type OutgoingHttpHeaders } from 'node:http2';
import type { RunningProxy } from '../contender.ts';
import { GRPC_PATH, type Workload } from '../workload.ts';
import { checkAnswer, TLS_OPTIONS } from './probe.ts';

const LIMIT_MS = 5_000;

interface Answer {
  readonly status: number;
  readonly body: string;
  /** Of gRPC. */
  readonly grpcStatus: string;
}

/** Throws with what came instead of a backend's answer. */
export async function probeHttp2(proxy: RunningProxy, tls = false): Promise<void> {
  const { status, body } = await ask(proxy, { ':path': '/data' }, null, tls);
  checkAnswer(status, body);
}

/** The same for a call of gRPC. */
export async function probeGrpc(proxy: RunningProxy, path: Workload['path'] = GRPC_PATH): Promise<void> {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  const { status, grpcStatus, body } = await ask(proxy, headers, Buffer.alloc(5), false);
  if (status !== 200 || grpcStatus !== '0' || body.length === 0)
    throw new Error(`it answers ${status} with grpc-status "${grpcStatus}" where a backend answers 200 and 0`);
}

async function ask(
  { port, authority = `127.0.0.1:${port}` }: RunningProxy,
  headers: OutgoingHttpHeaders,
  message: Buffer | null,
  tls: boolean,
): Promise<Answer> {
  const session = tls ? connect(`https://127.0.0.1:${port}`, TLS_OPTIONS) : connect(`http://127.0.0.1:${port}`);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      session.on('error', reject);
      const stream = session.request({ ':authority': authority, ...headers }, { endStream: message === null });
      if (message !== null) stream.end(message);
      let [status, grpcStatus, body] = [0, '', ''];
      stream.setTimeout(LIMIT_MS, () => stream.close(constants.NGHTTP2_CANCEL));
      stream.on('response', (head) => {
        status = head[':status'] ?? 0;
      });
      stream.on('trailers', (trailers) => {
        grpcStatus = String(trailers['grpc-status'] ?? '');
      });
      stream.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      stream.on('end', () => resolve({ status, body, grpcStatus }));
      stream.on('error', reject);
    });
  } finally {
    session.destroy();
  }
}
