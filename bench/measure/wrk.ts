// Loads one port with wrk and reads what it measured.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Workload } from '../workloads.ts';

export interface LoadSpec {
  readonly wrk: string;
  /** A CPU list for taskset. */
  readonly cpus: string;
  readonly port: number;
  /** Sent as `Host`. */
  readonly authority?: string | undefined;
  readonly workload: Workload;
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Answers of 400 and above, and failures to connect, read, write or answer in time. */
  readonly errors: number;
}

/** How much longer than asked wrk may take before it is ended. */
const GRACE_MS = 5_000;

export function runWrk(spec: LoadSpec): Promise<LoadResult> {
  const args = ['-c', spec.cpus, spec.wrk, ...wrkArguments(spec)];
  const child = spawn('taskset', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: spec.seconds * 1000 + GRACE_MS });
  let output = '';
  let complaint = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(parseWrk(output));
      else reject(new Error(`wrk ended with ${code ?? signal}: ${complaint.trim() || output.trim()}`));
    });
  });
}

export function wrkArguments({ workload, authority, port, seconds }: LoadSpec): string[] {
  const script = fileURLToPath(new URL('wrk.lua', import.meta.url));
  const fields = [
    ...(authority === undefined ? [] : [`Host: ${authority}`]),
    ...(workload.fresh ? ['Connection: close'] : []),
  ].flatMap((field) => ['-H', field]);
  const load = ['-t', '1', '-c', String(workload.connections), '-d', `${seconds}s`, '-s', script, ...fields];
  const url = `http://127.0.0.1:${port}${workload.path}`;
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
    p50Us: value('p50_us'),
    p99Us: value('p99_us'),
    errors: ['connect', 'read', 'write', 'timeout', 'status'].reduce((sum, name) => sum + value(name), 0),
  };
}
