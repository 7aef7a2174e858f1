// The state folder: what the supervisor observes, for the control plane (pods/), for people (logs/) and for the next supervisor.
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../base/coded-error.ts';

/** A process that would outlive a killed supervisor. */
export interface ProcessRecord {
  readonly pid: number;
  /** As ProcessHost.startTimeOf tells it: the pid alone may belong to somebody else by now. */
  readonly startTime: string;
  /** For people: `pod default/my-api-x7f2k, container app`. */
  readonly what: string;
}

/** Logs of gone pods that are kept while the supervisor runs; the next one begins anew. */
const KEPT_LOGS = 100;

/** Namespaces have no dots (RFC 1123 label), so `<namespace>.<name>` names one pod only. */
function fileStem(namespace: string, name: string): string {
  return `${namespace}.${name}`;
}

export class StateFolder {
  readonly root: string;
  /** Pod objects with status, one file each; a file registry of the control plane. */
  readonly pods: string;
  /** Output, a folder for each pod. */
  readonly logs: string;
  readonly #volumes: string;
  readonly #scratch: string;
  #writes = 0;
  readonly #retiredLogs: string[] = [];

  /** Makes the folder itself when it is missing. Throws what mkdir throws. */
  constructor(root: string) {
    mkdirSync(root, { recursive: true, mode: 0o700 });
    this.root = root;
    this.pods = join(root, 'pods');
    this.logs = join(root, 'logs');
    this.#volumes = join(root, 'volumes');
    this.#scratch = join(root, 'scratch');
  }

  /** Empty folders for a new supervisor. Only the holder of the lock may. */
  reset(): void {
    rmSync(this.logs, { recursive: true, force: true });
    mkdirSync(this.logs, { recursive: true, mode: 0o700 });
    this.clearPods();
  }

  /** Forgets every pod; logs stay for whoever wants to know why. */
  clearPods(): void {
    for (const folder of [this.pods, this.#volumes, this.#scratch]) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    }
  }

  writePod(namespace: string, name: string, text: string): void {
    this.writeAtomic(this.#podFile(namespace, name), text);
  }

  /** Its volumes go too; the logs of the latest `KEPT_LOGS` stay. */
  removePod(namespace: string, name: string): void {
    const stem = fileStem(namespace, name);
    rmSync(this.#podFile(namespace, name), { force: true });
    rmSync(join(this.#volumes, stem), { recursive: true, force: true });
    this.#retiredLogs.push(join(this.logs, stem));
    if (this.#retiredLogs.length <= KEPT_LOGS) return;
    const oldest = this.#retiredLogs.shift();
    if (oldest !== undefined && !this.#retiredLogs.includes(oldest)) rmSync(oldest, { recursive: true, force: true });
  }

  volumeFolder(namespace: string, pod: string, volume: string): string {
    return join(this.#volumes, fileStem(namespace, pod), volume);
  }

  /** Makes the folder for a pod's output. */
  addPod(namespace: string, pod: string): void {
    mkdirSync(join(this.logs, fileStem(namespace, pod)), { recursive: true, mode: 0o700 });
  }

  /** The file for a container's output. */
  podLogFile(namespace: string, pod: string, container: string): string {
    return join(this.logs, fileStem(namespace, pod), `${container}.log`);
  }

  /** The file for the output of a program of ours that belongs to no pod. */
  ownLogFile(program: string): string {
    return join(this.logs, `${program}.log`);
  }

  writeProcesses(records: readonly ProcessRecord[]): void {
    this.writeAtomic(join(this.root, 'processes.json'), `${JSON.stringify(records, null, 2)}\n`);
  }

  /** What the last supervisor wrote; nothing when there was none or the file is damaged. */
  readProcesses(): ProcessRecord[] {
    const raw = readJson(join(this.root, 'processes.json'));
    return Array.isArray(raw) ? raw.filter(isProcessRecord) : [];
  }

  /** Readers see the old content or the new one, never half of it. */
  writeAtomic(file: string, content: string | Uint8Array): void {
    this.#writes += 1;
    const temporary = join(this.#scratch, String(this.#writes));
    writeFileSync(temporary, content, { mode: 0o600 });
    renameSync(temporary, file);
  }

  #podFile(namespace: string, name: string): string {
    return join(this.pods, `${fileStem(namespace, name)}.yaml`);
  }
}

/** The last `maxBytes` of a text file; '' when it can't be read. */
export function readTail(file: string, maxBytes: number): string {
  try {
    const size = statSync(file).size;
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const descriptor = openSync(file, 'r');
    try {
      readSync(descriptor, bytes, 0, bytes.length, size - bytes.length);
    } finally {
      closeSync(descriptor);
    }
    return bytes.toString('utf8');
  } catch {
    return '';
  }
}

/** The file's value; undefined when it is missing or no JSON. */
export function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'EACCES') throw error;
    return undefined;
  }
}

function isProcessRecord(value: unknown): value is ProcessRecord {
  if (typeof value !== 'object' || value === null) return false;
  const { pid, startTime, what } = value as Record<string, unknown>;
  return Number.isSafeInteger(pid) && Number(pid) > 1 && typeof startTime === 'string' && typeof what === 'string';
}
