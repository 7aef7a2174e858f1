// Asks a proxy once, before it is measured, whether it really forwards to the backends.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import type { RunningProxy } from '../contender.ts';
import { CERTIFICATES } from './certificates.ts';

const LIMIT_MS = 5_000;
/** A proxy must show what it was given. */
export const TLS_OPTIONS = { ca: readFileSync(CERTIFICATES.ca), servername: CERTIFICATES.serverName };

/** Throws with what came instead of a backend's answer: a proxy that refuses everything is fast, too. */
export async function probe(proxy: RunningProxy, tls = false): Promise<void> {
  const headers = proxy.authority === undefined ? {} : { host: proxy.authority };
  const options = {
    host: '127.0.0.1',
    port: proxy.port,
    path: '/data',
    agent: false,
    headers,
    signal: AbortSignal.timeout(LIMIT_MS),
  };
  const { status, body } = await new Promise<{ readonly status: number; readonly body: string }>((resolve, reject) => {
    const call = (tls ? requestTls : request)({ ...options, ...(tls ? TLS_OPTIONS : {}) }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
  checkAnswer(status, body);
}

/** Throws when it is not what a backend answers. */
export function checkAnswer(status: number, body: string): void {
  if (status !== 200 || !body.includes('"pod":"backend-')) {
    throw new Error(`it answers ${status} ${JSON.stringify(body.slice(0, 200))} where a backend answers 200`);
  }
}
