// Starts the programs of a run, each pinned to its CPUs, and ends all of them whatever happens.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { accepts } from './ports.ts';

export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** A CPU list for taskset. */
  readonly cpus: string;
  /** Up means: this port of 127.0.0.1 accepts a connection. */
  readonly port: number;
  readonly cwd?: string;
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Program {
  readonly pid: number;
  /** Resolves when it is gone: SIGTERM, and SIGKILL after two seconds. */
  stop(): Promise<void>;
}

const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 2_000;
const POLL_MS = 5;
const MAX_COMPLAINT_CHARS = 2_000;

export class Programs {
  readonly #live = new Set<ChildProcess>();

  /** Resolves when the port accepts; throws with the program's own complaint when it ends before that. */
  async launch(spec: ProgramSpec): Promise<Program> {
    // taskset replaces itself by the command, so the pid is the program's own.
    const child = spawn('taskset', ['-c', spec.cpus, spec.command, ...spec.args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...spec.env },
      ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
    });
    let complaint = '';
    child.stderr.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-MAX_COMPLAINT_CHARS);
    });
    this.#live.add(child);
    child.on('error', (error) => {
      complaint += error.message;
    });
    child.on('close', () => this.#live.delete(child));
    const pid = child.pid;
    if (pid === undefined || !(await this.#comesUp(child, spec.port))) {
      await this.#end(child);
      throw new Error(`${spec.command} did not come up on port ${spec.port}: ${complaint.trim() || 'it said nothing'}`);
    }
    return { pid, stop: () => this.#end(child) };
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#live].map((child) => this.#end(child)));
  }

  /** For the exit of this process, where nothing can be awaited. */
  killAll(): void {
    for (const child of this.#live) child.kill('SIGTERM');
  }

  async #comesUp(child: ChildProcess, port: number): Promise<boolean> {
    const deadline = performance.now() + START_LIMIT_MS;
    while (this.#live.has(child) && performance.now() < deadline) {
      if (await accepts(port)) return this.#live.has(child);
      await delay(POLL_MS);
    }
    return false;
  }

  async #end(child: ChildProcess): Promise<void> {
    if (!this.#live.has(child)) return;
    const closed = once(child, 'close');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await closed;
    clearTimeout(force);
  }
}

/** Gives a temporary folder as well; whatever happens, the programs are ended and the folder is taken away. */
export async function withPrograms<T>(act: (programs: Programs, folder: string) => Promise<T>): Promise<T> {
  const programs = new Programs();
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
  // Started by root, nginx works as somebody else, who has to reach its files.
  chmodSync(folder, 0o755);
  const clean = (): void => {
    programs.killAll();
    removeFolder(folder);
  };
  process.once('exit', clean);
  try {
    return await act(programs, folder);
  } finally {
    await programs.stopAll();
    process.off('exit', clean);
    clean();
  }
}

/** More than once, because Node gives up silently when an nginx that is ending removes its pid file at the same moment. */
function removeFolder(folder: string): void {
  for (let attempt = 0; attempt < 5 && existsSync(folder); attempt += 1)
    rmSync(folder, { recursive: true, force: true });
}
