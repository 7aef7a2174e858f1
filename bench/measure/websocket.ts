// Loads one port with WebSocket messages by a program of the bench's own, and reads what it measured.
import { fileURLToPath } from 'node:url';
import { type LoadResult, type LoadSpec, runGenerator } from './load.ts';
import type { WebSocketFigures, WebSocketLoad } from './websocket-load.ts';

const SCRIPT = fileURLToPath(new URL('./websocket-load.ts', import.meta.url));

export async function runWebSocketLoad(spec: LoadSpec): Promise<LoadResult> {
  const load = JSON.stringify(webSocketLoad(spec));
  const output = await runGenerator({ ...spec, program: process.execPath }, [SCRIPT, load]);
  return resultOf(JSON.parse(output), spec.seconds);
}

export function webSocketLoad({ port, authority, workload, seconds }: LoadSpec): WebSocketLoad {
  const { path, connections, streams = 1, bodyBytes: messageBytes } = workload;
  return {
    port,
    authority: authority ?? `127.0.0.1:${port}`,
    path,
    connections,
    atOnce: streams,
    messageBytes,
    seconds,
  };
}

/** A message and its echo are one request. */
export function resultOf({ messages, bytes, ...rest }: WebSocketFigures, seconds: number): LoadResult {
  return { requests: messages, requestsPerSecond: messages / seconds, bytesPerSecond: bytes / seconds, ...rest };
}
