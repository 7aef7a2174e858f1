// `switchboard up` on a copy of examples/my-api, as a user runs it: from the sources, on ports that are free.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type RunningCli, startCli } from './run-cli.ts';

const EXAMPLE = fileURLToPath(new URL('../../examples/my-api', import.meta.url));

export class ExampleMesh {
  readonly manifests: string;
  readonly #root: string;
  readonly #state: string;
  #up: RunningCli | null = null;
  /** Where the client pod's sidecar takes calls on 127.0.0.1. */
  proxyPort = 0;

  constructor() {
    this.#root = mkdtempSync(join(tmpdir(), 'switchboard-example-'));
    this.manifests = join(this.#root, 'manifests');
    this.#state = join(this.#root, 'state');
    cpSync(EXAMPLE, this.manifests, { recursive: true });
  }

  async start(): Promise<void> {
    this.#up = startCli(['up', this.manifests, '--state', this.#state, '--ports', 'auto']);
    const [port] = await this.says(/^ready.*\ncurl -x http:\/\/127\.0\.0\.1:(\d+) /m);
    this.proxyPort = Number(port);
  }

  /** Resolves with the groups of `pattern` in what `up` says, from the beginning. */
  says(pattern: RegExp): Promise<readonly string[]> {
    if (this.#up === null) throw new Error('the mesh was not started');
    return this.#up.says(pattern);
  }

  edit(file: string, change: (text: string) => string): void {
    const path = join(this.manifests, file);
    writeFileSync(path, change(readFileSync(path, 'utf8')));
  }

  /** Ends one of the mesh's processes, e.g. `control plane`, by what the state folder says of it; answers its name. */
  kill(what: RegExp): string {
    const file = readFileSync(join(this.#state, 'processes.json'), 'utf8');
    const processes: readonly { readonly pid: number; readonly what: string }[] = JSON.parse(file);
    const found = processes.find((process) => what.test(process.what));
    if (found === undefined) throw new Error(`no process is called ${what}: ${file}`);
    process.kill(found.pid, 'SIGKILL');
    return found.what;
  }

  async stop(): Promise<void> {
    this.#up?.child.kill('SIGTERM');
    await this.#up?.ended;
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 3 });
  }
}
