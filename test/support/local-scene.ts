// A local mesh of real processes for a test: a folder of manifests, a supervisor in this process, and stand-ins for our own programs.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalApp, type LocalAppBound } from '../../src/app/local-app.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import type { Pod } from '../../src/kube/pod.ts';
import { TempFolder } from './temp-folder.ts';
import { waitUntil } from './wait-until.ts';

const OWN_PROGRAM = fileURLToPath(new URL('../fixtures/local/own-program.mjs', import.meta.url));

/** A range that no other test and no `npm start` uses. */
export const TEST_POD_CIDR = '127.83.0.0/16';

export interface ProcessEntry {
  readonly pid: number;
  readonly what: string;
}

export class LocalScene {
  readonly folder = new TempFolder();
  readonly state = new TempFolder();
  readonly lines: string[] = [];
  #apps: LocalApp[] = [];

  /** Resolves when it has started everything; pods may not be ready yet. */
  async start(): Promise<LocalAppBound> {
    const app = new LocalApp({
      folder: this.folder.path,
      state: this.state.path,
      podCidr: TEST_POD_CIDR,
      autoPorts: true,
      program: [process.execPath, OWN_PROGRAM],
      env: { PATH: process.env['PATH'] ?? '', HOME: this.state.path },
      print: (line) => this.lines.push(line),
      colours: false,
    });
    const bound = await app.start();
    this.#apps.push(app);
    return bound;
  }

  /** Resolves with the first line that matches, also one that has been told already. */
  says(pattern: RegExp): Promise<string> {
    return waitUntil(
      `${pattern} in ${JSON.stringify(this.lines)}`,
      () => this.lines.find((line) => pattern.test(line)) ?? null,
      10_000,
    );
  }

  /** The Pod objects as the control plane reads them. */
  get pods(): Pod[] {
    const folder = this.state.at('pods');
    return readdirSync(folder).flatMap((name) => {
      const { objects } = parseManifest(readFileSync(join(folder, name), 'utf8'), name);
      return objects.flatMap(({ object }) => (object.kind === 'Pod' ? [object] : []));
    });
  }

  /** What the state folder says is running. */
  get processes(): readonly ProcessEntry[] {
    return JSON.parse(readFileSync(this.state.at('processes.json'), 'utf8')) as ProcessEntry[];
  }

  /** Output of a container, '' when there is none. */
  output(pod: string, container: string): string {
    try {
      return readFileSync(this.state.at(`logs/default.${pod}/${container}.log`), 'utf8');
    } catch {
      return '';
    }
  }

  /** Ends the mesh as Ctrl-C does. */
  async stop(): Promise<void> {
    for (const app of this.#apps.splice(0)) {
      await app.drain(10_000);
      await app.close();
    }
  }

  async close(): Promise<void> {
    await this.stop();
    this.folder.remove();
    this.state.remove();
  }
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie has ended; only its parent has not asked yet.
    return !/^\d+ \(.*\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}
