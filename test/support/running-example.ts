// A folder of `examples/` as its README says to run it: the real program, with real pods, on ports that are free.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { TEST_POD_CIDR } from './local-scene.ts';
import { type RunningCli, runCli, startCli } from './run-cli.ts';
import { TempFolder } from './temp-folder.ts';
import { waitUntil } from './wait-until.ts';

/** For machines that do much else: pods and their sidecars are seven processes. */
const LIMIT_MS = 60_000;

export interface ExampleAnswer {
  readonly status: number;
  readonly location: string | undefined;
  readonly body: string;
}

export class RunningExample {
  readonly #folder = new TempFolder();
  readonly #state = new TempFolder();
  readonly #cli: RunningCli;
  /** `host:port` of the client's sidecar, and of the control plane's admin pages. */
  #proxy = '';
  #controlPlane = '';

  private constructor(name: string) {
    cpSync(fileURLToPath(new URL(`../../examples/${name}`, import.meta.url)), this.#folder.path, { recursive: true });
    const places = ['--state', this.#state.path, '--ports', 'auto', '--pod-cidr', TEST_POD_CIDR];
    this.#cli = startCli(['up', this.#folder.path, ...places]);
  }

  /** Resolves when all of its pods are ready. Whoever starts it stops it. */
  static async start(name: string): Promise<RunningExample> {
    const example = new RunningExample(name);
    const [controlPlane = ''] = await example.#cli.says(/ admin http:\/\/(\S+)\n/);
    const [proxy = ''] = await example.#cli.says(/\nready .*\ncurl -x http:\/\/(\S+) /);
    example.#controlPlane = controlPlane;
    example.#proxy = proxy;
    return example;
  }

  async stop(): Promise<void> {
    this.#cli.child.kill('SIGTERM');
    await this.#cli.ended;
    this.#folder.remove();
    this.#state.remove();
  }

  /** What `up` has printed. */
  get output(): string {
    return this.#cli.output();
  }

  /** What the container `app` of the pod `client` has printed, a line each. */
  get clientLines(): readonly string[] {
    const text = readFileSync(this.#state.at('logs/default.client/app.log'), 'utf8');
    return text.split('\n').slice(0, -1);
  }

  /** Changes one of its manifests while it runs. */
  edit(file: string, from: string, to: string): void {
    const before = readFileSync(this.#folder.at(file), 'utf8');
    if (!before.includes(from)) throw new Error(`${file} does not say ${from}`);
    writeFileSync(this.#folder.at(file), before.replace(from, to));
  }

  until<T>(what: string, look: () => T | null | Promise<T | null>): Promise<T> {
    return waitUntil(what, look, LIMIT_MS);
  }

  /** As `npx switchboard COMMAND` from another terminal. */
  async show(command: 'endpoints' | 'clusters' | 'routes' | 'listeners'): Promise<string> {
    const { stdout } = await runCli([command, '--control-plane', this.#controlPlane]);
    return stdout;
  }

  /** The page of the client's sidecar that `switchboard endpoints` reads: sooner there than a process is. */
  async clusters(): Promise<string> {
    const [, address = ''] = /^client +(\S+) /m.exec(this.output) ?? [];
    const page = await fetch(`http://${address}:15000/clusters?format=json`);
    return page.text();
  }

  /** As `curl -x` through the client's sidecar. */
  call(url: string, headers: Readonly<Record<string, string>> = {}): Promise<ExampleAnswer> {
    const [host = '', port = ''] = this.#proxy.split(':');
    const all = { ...headers, host: new URL(url).host };
    return new Promise((resolve, reject) => {
      const asked = request({ host, port, path: url, headers: all, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (text: string) => {
          body += text;
        });
        const { statusCode: status = 0, headers: fields } = response;
        response.on('end', () => resolve({ status, location: fields.location, body }));
      });
      asked.on('error', reject);
      asked.end();
    });
  }
}
