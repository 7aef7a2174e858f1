// Loads one port with HTTP/2 by h2load and reads what it measured.
import { fileURLToPath } from 'node:url';
import { type LoadResult, type LoadSpec, runGenerator, TRACE_FIELD } from './load.ts';

/** As gRPC's clients send it: the deadline is one that nobody meets. The file is a message of 32 bytes behind its prefix. */
const GRPC_CALL: readonly string[] = [
  ...['content-type: application/grpc', 'te: trailers', 'grpc-timeout: 10S'].flatMap((field) => ['-H', field]),
  ...['-d', fileURLToPath(new URL('grpc-request.bin', import.meta.url))],
];

export async function runH2load(spec: LoadSpec): Promise<LoadResult> {
  return parseH2load(await runGenerator(spec, h2loadArguments(spec)), spec.seconds);
}

export function h2loadArguments({ workload, authority, port, seconds, traced = false }: LoadSpec): string[] {
  const load = [
    '-t',
    '1',
    '-c',
    String(workload.connections),
    '-m',
    String(workload.streams ?? 1),
    '-D',
    String(seconds),
  ];
  const named = authority === undefined ? [] : ['-H', `:authority: ${authority}`];
  const fields = traced ? [...named, '-H', TRACE_FIELD] : named;
  const call = workload.grpc === true ? GRPC_CALL : [];
  const scheme = workload.tls === true ? 'https' : 'http';
  return [...load, ...fields, ...call, `${scheme}://127.0.0.1:${port}${workload.path}`];
}

/** It tells no percentiles. Throws when its counts are not there. */
export function parseH2load(output: string, seconds: number): LoadResult {
  const count = (pattern: RegExp): number => {
    const found = pattern.exec(output)?.[1];
    if (found === undefined) throw new Error(`h2load printed no measurement: ${output.trim().slice(-200)}`);
    return Number(found);
  };
  const requests = count(/^requests: .* (\d+) done/m);
  return {
    requests,
    requestsPerSecond: requests / seconds,
    bytesPerSecond: count(/^traffic: \S+ \((\d+)\) total/m) / seconds,
    p50Us: Number.NaN,
    p99Us: Number.NaN,
    p999Us: Number.NaN,
    // Whatever had no answer, or one of 400 and above.
    errors: count(/^requests: .* (\d+) failed/m),
  };
}
