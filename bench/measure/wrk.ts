// Loads one port with wrk and reads what it measured.
import { fileURLToPath } from 'node:url';
import { type LoadResult, type LoadSpec, runGenerator, TRACE_FIELD } from './load.ts';

export async function runWrk(spec: LoadSpec): Promise<LoadResult> {
  return parseWrk(await runGenerator(spec, wrkArguments(spec)));
}

export function wrkArguments({ workload, authority, port, seconds, traced = false }: LoadSpec): string[] {
  const script = fileURLToPath(new URL('wrk.lua', import.meta.url));
  const fields = [
    ...(authority === undefined ? [] : [`Host: ${authority}`]),
    ...(traced ? [TRACE_FIELD] : []),
    ...(workload.fresh ? ['Connection: close'] : []),
  ].flatMap((field) => ['-H', field]);
  const load = ['-t', '1', '-c', String(workload.connections), '-d', `${seconds}s`, '-s', script, ...fields];
  const url = `${workload.tls === true ? 'https' : 'http'}://127.0.0.1:${port}${workload.path}`;
  return [...load, url, '--', workload.method, String(workload.bodyBytes)];
}

/** Reads the line of wrk.lua out of all that wrk prints. Throws when it is not there. */
export function parseWrk(output: string): LoadResult {
  const line = output.split('\n').find((candidate) => candidate.startsWith('{'));
  if (line === undefined) throw new Error(`wrk printed no measurement: ${output.trim().slice(0, 200)}`);
  const values: Readonly<Record<string, number>> = JSON.parse(line);
  const value = (name: string): number => {
    const number = values[name];
    if (typeof number !== 'number') throw new Error(`wrk's measurement lacks ${name}: ${line}`);
    return number;
  };
  return {
    requests: value('requests'),
    requestsPerSecond: value('requests') / (value('duration_us') / 1e6),
    bytesPerSecond: value('bytes') / (value('duration_us') / 1e6),
    p50Us: value('p50_us'),
    p99Us: value('p99_us'),
    p999Us: value('p999_us'),
    errors: ['connect', 'read', 'write', 'timeout', 'status'].reduce((sum, name) => sum + value(name), 0),
  };
}
