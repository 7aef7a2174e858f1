// Runs a program to its end and keeps what it said: for tests of scripts and commands as their users meet them.
import { spawn } from 'node:child_process';

export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** The whole environment; by default this process's own. */
  readonly env?: NodeJS.ProcessEnv;
  /** Sends `signal` as soon as the output (both streams together) contains `text`. */
  readonly signalWhen?: { readonly text: string; readonly signal: NodeJS.Signals };
  /** The program is killed after this time; default 20 s. */
  readonly limitMs?: number;
}

/** Resolves when the program has ended and its streams are closed; rejects when it can't be started. It gets no input. */
export function runProgram(
  command: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramEnd> {
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: options.limitMs ?? 20_000,
    killSignal: 'SIGKILL',
  });
  const said = { stdout: '', stderr: '' };
  let pending = options.signalWhen;
  const keep = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
    said[stream] += chunk.toString();
    if (pending === undefined || !(said.stdout + said.stderr).includes(pending.text)) return;
    child.kill(pending.signal);
    pending = undefined;
  };
  child.stdout.on('data', keep('stdout'));
  child.stderr.on('data', keep('stderr'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, ...said }));
  });
}
