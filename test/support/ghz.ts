// ghz, which calls gRPC services with Go's own client: what it is told to do, and what it says of it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROTO = join(import.meta.dirname, '../fixtures/grpc/echo.proto');

export interface GhzOptions {
  /** The program. */
  readonly path: string;
  /** On 127.0.0.1. */
  readonly port: number;
  /** A method of test.Echo. */
  readonly method: 'Unary' | 'Collect' | 'Repeat' | 'Chat';
  /** Of every message; default `hello`. At most 100 kB. */
  readonly text?: string;
  /** Further options of its command line. */
  readonly options: readonly string[];
}

export interface GhzReport {
  /** Calls that have ended. */
  readonly count: number;
  /** By the name of their status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** By what they say. */
  readonly errors: Readonly<Record<string, number>>;
}

interface JsonReport {
  readonly count: number;
  readonly statusCodeDistribution: Readonly<Record<string, number>>;
  readonly errorDistribution: Readonly<Record<string, number>>;
}

/** Calls the Service `web`; rejects where ghz itself fails. */
export async function runGhz({ path, port, method, text: sent = 'hello', options }: GhzOptions): Promise<GhzReport> {
  const args = ['--insecure', '--proto', PROTO, '--call', `test.Echo.${method}`, '--authority', 'web', '-O', 'json'];
  const child = spawn(path, [...args, '-d', JSON.stringify({ text: sent }), ...options, `127.0.0.1:${port}`], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let problem = '';
  child.stdout.on('data', (piece: Buffer) => {
    text += piece.toString();
  });
  child.stderr.on('data', (piece: Buffer) => {
    problem += piece.toString();
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`ghz ended with ${code}: ${problem}`);
  const { count, statusCodeDistribution: statuses, errorDistribution: errors } = JSON.parse(text) as JsonReport;
  return { count, statuses, errors };
}
