// Processes of the bench's own, bundled as the product is, pinned to CPUs, spoken to in messages.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

export interface WorkerSpec {
  /** Path of a module's source. */
  readonly script: string;
  /** Handed over as JSON, as the one argument. */
  readonly config: object;
  /** A CPU list for taskset. */
  readonly cpus: string;
  /** Options for Node itself. */
  readonly nodeOptions?: readonly string[];
}

const STOP_LIMIT_MS = 5_000;
const MAX_COMPLAINT_CHARS = 2_000;
/** grpc-js reaches for `require`, which an ES module has not. */
const REQUIRE_BANNER = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);";

/** `In` is what it tells, `Out` what it is told. */
export class Worker<In extends { readonly kind: string }, Out extends object> {
  readonly pid: number;
  /** Rejects with the process's complaint when it has ended. */
  readonly ended: Promise<never>;
  readonly #child: ChildProcess;
  #complaint = '';

  constructor(child: ChildProcess, name: string) {
    this.pid = child.pid ?? -1;
    this.#child = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#complaint = (this.#complaint + chunk.toString()).slice(-MAX_COMPLAINT_CHARS);
    });
    this.ended = new Promise((_, reject) => {
      child.once('error', reject);
      child.once('exit', () => reject(new Error(`${name} ended: ${this.#complaint.trim() || 'it said nothing'}`)));
    });
    this.ended.catch(() => {});
  }

  send(message: Out): void {
    this.#child.send(message);
  }

  on(listener: (message: In) => void): void {
    this.#child.on('message', listener);
  }

  /** The next message of that kind; throws when the process ends before. */
  next<K extends In['kind']>(kind: K): Promise<Extract<In, { readonly kind: K }>> {
    const message = new Promise<Extract<In, { readonly kind: K }>>((resolve) => {
      const listen = (told: In): void => {
        if (told.kind !== kind) return;
        this.#child.off('message', listen);
        resolve(told as Extract<In, { readonly kind: K }>);
      };
      this.#child.on('message', listen);
    });
    return Promise.race([message, this.ended]);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(force);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** Whatever happens, `stopAll` or `killAll` ends every process. */
export class Workers {
  readonly #folder: string;
  readonly #bundles = new Map<string, Promise<string>>();
  readonly #workers: Pick<Worker<{ kind: string }, object>, 'stop' | 'kill'>[] = [];

  /** `folder`: a temporary one, for the bundles. */
  constructor(folder: string) {
    this.#folder = folder;
  }

  async start<In extends { readonly kind: string }, Out extends object>(spec: WorkerSpec): Promise<Worker<In, Out>> {
    const bundle = await this.#bundle(spec.script);
    const args = [...(spec.nodeOptions ?? []), bundle, JSON.stringify(spec.config)];
    // taskset replaces itself by the command, so the pid is the program's own.
    const child = spawn('taskset', ['-c', spec.cpus, process.execPath, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const worker = new Worker<In, Out>(child, basename(spec.script));
    this.#workers.push(worker);
    return worker;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stop()));
  }

  /** For the exit of this process, where nothing can be awaited. */
  killAll(): void {
    for (const worker of this.#workers) worker.kill();
  }

  #bundle(script: string): Promise<string> {
    const known = this.#bundles.get(script) ?? bundleScript(script, this.#folder);
    this.#bundles.set(script, known);
    return known;
  }
}

/** As scripts/build.ts does, in one file: sources that Node strips itself would cost memory that users don't pay. */
async function bundleScript(script: string, folder: string): Promise<string> {
  const outfile = join(folder, `${basename(script, '.ts')}.mjs`);
  await build({
    entryPoints: [script],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    banner: { js: REQUIRE_BANNER },
    logLevel: 'warning',
  });
  return outfile;
}
