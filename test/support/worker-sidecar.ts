// `switchboard proxy` with workers, as processes of the system: started, looked into and ended by tests.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { WorkerStatus } from '../../src/admin/sidecar-status.ts';
import { type RunningCli, startCli } from './run-cli.ts';
import { waitUntil } from './wait-until.ts';

/** Three processes start on a machine that may have much else to do. */
const START_MS = 30_000;

export type WorkerRow = Pick<WorkerStatus, 'index' | 'pid' | 'running' | 'restarts'>;

export class WorkerSidecar {
  readonly cli: RunningCli;
  /** `host:port` of its admin pages. */
  readonly admin: string;

  private constructor(cli: RunningCli, admin: string) {
    this.cli = cli;
    this.admin = admin;
  }

  /** Resolves when it is ready. Its admin port is its own to choose. */
  static async start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<WorkerSidecar> {
    const cli = startCli(['proxy', ...args], { SWITCHBOARD_ADMIN_ADDRESS: '127.0.0.1:0', ...env });
    const [admin = ''] = await cli.says(/started admin=(\S+)/);
    const sidecar = new WorkerSidecar(cli, admin);
    await sidecar.ready();
    return sidecar;
  }

  get pid(): number {
    return this.cli.child.pid ?? 0;
  }

  async page(path: string): Promise<string> {
    return (await fetch(`http://${this.admin}${path}`)).text();
  }

  async ready(): Promise<void> {
    const look = async (): Promise<true | null> => ((await this.page('/ready')) === 'LIVE\n' ? true : null);
    await waitUntil('the sidecar is ready', look, START_MS);
  }

  async workers(): Promise<readonly WorkerRow[]> {
    return JSON.parse(await this.page('/workers?format=json')).workers;
  }

  /** Of the worker in that place, from 1. */
  async workerPid(index: number): Promise<number> {
    return (await this.workers()).find((worker) => worker.index === index)?.pid ?? 0;
  }

  /** Resolves when another process than `pid` runs in the place `index`. */
  async replaced(index: number, pid: number): Promise<void> {
    const look = async (): Promise<true | null> => {
      const worker = (await this.workers()).find((one) => one.index === index);
      return worker?.running === true && worker.pid !== pid ? true : null;
    };
    await waitUntil(`worker ${index} is another one than ${pid}`, look, START_MS);
  }

  /** Of its first listener. */
  async port(): Promise<number> {
    const [, port = ''] = /^[^:]+::.*:(\d+)$/m.exec(await this.page('/listeners')) ?? [];
    return Number(port);
  }

  async stat(name: string): Promise<number> {
    const { stats } = JSON.parse(await this.page('/stats?format=json')) as { stats: { name: string; value: number }[] };
    return stats.find((stat) => stat.name === name)?.value ?? Number.NaN;
  }

  async close(): Promise<void> {
    this.cli.child.kill('SIGKILL');
    await this.cli.ended;
  }
}

const LISTEN = '0A';
const ESTABLISHED = '01';

export interface ProcessSockets {
  /** How many listen. */
  readonly listening: number;
  /** How many callers have. */
  readonly connected: number;
  /** Ports of the callers. */
  readonly callers: ReadonlySet<number>;
}

/** For suites that look at the sockets of processes. */
export const describeOnLinux = process.platform === 'linux' ? describe : describe.skip;

/** The sockets of a process on a TCP port of 127.0.0.1, as Linux tells. */
export function socketsOf(pid: number, port: number): ProcessSockets {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`)));
  const callers = new Set<number>();
  let listening = 0;
  for (const line of readFileSync(`/proc/${pid}/net/tcp`, 'latin1').split('\n').slice(1)) {
    const [, local = '', remote = '', state, , , , , , inode] = line.trim().split(/\s+/);
    if (portOf(local) !== port || !own.has(`socket:[${inode}]`)) continue;
    if (state === LISTEN) listening += 1;
    if (state === ESTABLISHED) callers.add(portOf(remote));
  }
  return { listening, connected: callers.size, callers };
}

/** Of an address in hexadecimal digits. */
function portOf(address: string): number {
  return Number.parseInt(address.split(':')[1] ?? '', 16);
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed meanwhile.
    return '';
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
