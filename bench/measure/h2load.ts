// Loads one port with HTTP/2 by h2load and reads what it measured.
import { type LoadResult, type LoadSpec, runGenerator } from './load.ts';

export async function runH2load(spec: LoadSpec): Promise<LoadResult> {
  return parseH2load(await runGenerator(spec, h2loadArguments(spec)), spec.seconds);
}

export function h2loadArguments({ workload, authority, port, seconds }: LoadSpec): string[] {
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
  const fields = authority === undefined ? [] : ['-H', `:authority: ${authority}`];
  return [...load, ...fields, `http://127.0.0.1:${port}${workload.path}`];
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
