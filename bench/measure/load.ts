// What every load generator is asked and tells, and how its program is run.
import { spawn } from 'node:child_process';
import type { Workload } from '../workload.ts';

export interface LoadSpec {
  /** Path of the generator. */
  readonly program: string;
  /** A CPU list for taskset. */
  readonly cpus: string;
  readonly port: number;
  /** Sent as `Host`. */
  readonly authority?: string | undefined;
  readonly workload: Workload;
  /** Its requests belong to a trace. */
  readonly traced?: boolean;
  readonly seconds: number;
}

/** What callers of a trace send: W3C Trace Context, sampled. */
export const TRACE_FIELD = 'traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** NaN = the generator does not tell. */
export interface LoadResult {
  readonly requests: number;
  readonly requestsPerSecond: number;
  /** From the proxy to the load, heads included. */
  readonly bytesPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  /** Answers of 400 and above, and failures to connect, read, write or answer in time. */
  readonly errors: number;
}

/** How much longer than asked a generator may take before it is ended. */
const GRACE_MS = 5_000;

/** Resolves with what it wrote to stdout; throws with its complaint when it fails. */
export function runGenerator(spec: LoadSpec, args: readonly string[]): Promise<string> {
  const timeout = spec.seconds * 1000 + GRACE_MS;
  const child = spawn('taskset', ['-c', spec.cpus, spec.program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout,
  });
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
      if (code === 0) resolve(output);
      else reject(new Error(`${spec.program} ended with ${code ?? signal}: ${complaint.trim() || output.trim()}`));
    });
  });
}
