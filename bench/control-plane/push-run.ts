// One line of the control-plane scenario: subscribers come all at once, then one endpoint changes at a time.
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseCpuList } from '../bed/cpus.ts';
import type { Worker, Workers } from '../bed/workers.ts';
import type { CpuPlan } from '../contender.ts';
import { readBusyUs } from '../measure/machine-usage.ts';
import { type KernelUnits, readPeakRss, readUsage } from '../measure/process-usage.ts';
import type { PushResult, Sync } from '../report/control-plane-report.ts';
import { type Ack, matchAcks } from './acks.ts';
import { changesOf, type MeshSize } from './mesh.ts';
import type {
  ChangeOrder,
  ServerConfig,
  ServerReport,
  StartOrder,
  SubscriberMode,
  SubscribersConfig,
  SubscribersReport,
} from './messages.ts';
import { nowUs } from './messages.ts';
import { holdersOf, sharesOf } from './subscription-plans.ts';

export interface PushOptions extends MeshSize {
  readonly subscribers: number;
  /** Services of each subscriber. */
  readonly each: number;
  /** Over which the subscribers are spread. */
  readonly processes: number;
  readonly seconds: number;
  /** Changes per second. */
  readonly rate: number;
  /** Where a CPU profile of the control plane is written; null: none is taken. */
  readonly profile: string | null;
}

export interface Bed {
  readonly workers: Workers;
  readonly cpus: CpuPlan;
  readonly units: KernelUnits;
  /** Where progress goes, one line at a time. */
  readonly say: (line: string) => void;
}

type Server = Worker<ServerReport, ChangeOrder>;
type Group = Worker<SubscribersReport, StartOrder>;

const SERVER = fileURLToPath(new URL('server.ts', import.meta.url));
const SUBSCRIBERS = fileURLToPath(new URL('subscribers.ts', import.meta.url));
const SYNC_LIMIT_MS = 180_000;
/** Between the first sync and the first change. */
const SETTLE_MS = 2_000;
/** How long acknowledgements may come in after the last change. */
const TAIL_LIMIT_MS = 15_000;
const TAIL_POLL_MS = 100;

export function startServer(bed: Bed, config: ServerConfig, nodeOptions: readonly string[] = []): Promise<Server> {
  return bed.workers.start({ script: SERVER, config, cpus: bed.cpus.proxy, nodeOptions });
}

export class PushRun {
  readonly #bed: Bed;
  readonly #options: PushOptions;
  readonly #mode: SubscriberMode;
  readonly #acks: Ack[] = [];
  readonly #failures: string[] = [];

  constructor(bed: Bed, options: PushOptions, mode: SubscriberMode) {
    this.#bed = bed;
    this.#options = options;
    this.#mode = mode;
  }

  /** Throws when the subscribers do not come into sync. */
  async run(): Promise<PushResult> {
    const { services, endpoints, seconds, rate, profile } = this.#options;
    const count = seconds * rate;
    const none = { services: 0, port: 0 };
    const flags = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const server = await startServer(this.#bed, { services, endpoints, changes: count, answering: none }, flags);
    const { port } = await server.next('ready');
    const groups = await this.#startGroups(port);
    const sync = await this.#sync(server, groups);
    await delay(SETTLE_MS);
    const result = await this.#change(server, count, sync);
    await Promise.all(groups.map((group) => group.stop()));
    await server.stop();
    return result;
  }

  async #startGroups(port: number): Promise<readonly Group[]> {
    const { subscribers, processes, services, each } = this.#options;
    const shares = sharesOf(subscribers, processes);
    return Promise.all(
      shares.map(async (share) => {
        const config: SubscribersConfig = { mode: this.#mode, port, services, each, ...share };
        const group: Group = await this.#bed.workers.start({ script: SUBSCRIBERS, config, cpus: this.#bed.cpus.load });
        group.on((message) => this.#take(message));
        await group.next('loaded');
        return group;
      }),
    );
  }

  #take(message: SubscribersReport): void {
    if (message.kind === 'failed') this.#failures.push(message.reason);
    if (message.kind !== 'acks') return;
    for (let i = 0; i + 1 < message.acks.length; i += 2) {
      this.#acks.push({ service: message.acks[i] ?? -1, atUs: message.acks[i + 1] ?? 0 });
    }
  }

  async #sync(server: Server, groups: readonly Group[]): Promise<Sync> {
    const { units, say } = this.#bed;
    say(`${this.#mode}: ${this.#options.subscribers} subscribers come`);
    const idle = readUsage(server.pid, units);
    const startUs = nowUs();
    const synced = groups.map((group) => group.next('synced'));
    for (const group of groups) group.send({ kind: 'start' });
    const ends = await Promise.race([Promise.all(synced), server.ended, this.#syncLimit()]);
    const after = readUsage(server.pid, units);
    return {
      wallUs: Math.max(...ends.map(({ atUs }) => atUs)) - startUs,
      cpuUs: after.cpuUs - idle.cpuUs,
      idleRssBytes: idle.rssBytes,
      rssBytes: after.rssBytes,
    };
  }

  async #syncLimit(): Promise<never> {
    await delay(SYNC_LIMIT_MS, undefined, { ref: false });
    const why = this.#failures.at(-1) ?? 'they wait';
    throw new Error(`the subscribers were not in sync after ${SYNC_LIMIT_MS / 1000} s: ${why}`);
  }

  async #change(server: Server, count: number, sync: Sync): Promise<PushResult> {
    const { subscribers, services, each } = this.#options;
    const changes = changesOf(count, services);
    const holders = this.#mode === 'named' ? holdersOf({ subscribers, services, each }) : () => subscribers;
    const expected = changes.reduce((sum, { service }) => sum + holders(service), 0);
    this.#bed.say(`${this.#mode}: in sync after ${(sync.wallUs / 1e6).toFixed(1)} s; ${count} changes`);
    const before = this.#readMeters(server.pid);
    const appliedUs = await this.#sendChanges(server, count);
    await Promise.race([this.#tail(expected), server.ended]);
    const after = this.#readMeters(server.pid);
    const elapsedUs = after.wallUs - before.wallUs;
    const cpuUs = after.server.cpuUs - before.server.cpuUs;
    const ownUs = after.own.cpuUs - before.own.cpuUs;
    return {
      name: this.#mode,
      sync,
      changes: count,
      expected,
      delays: matchAcks(changes, appliedUs, this.#acks),
      cpuUs,
      cpuShare: cpuUs / elapsedUs,
      loadShare: (ownUs - cpuUs) / elapsedUs,
      othersShare: Math.max(0, (after.machineUs - before.machineUs - ownUs) / elapsedUs),
      rssBytes: after.server.rssBytes,
      peakRssBytes: readPeakRss(server.pid),
      failures: [...this.#failures],
    };
  }

  /** Answers when each was applied. */
  async #sendChanges(server: Server, count: number): Promise<readonly number[]> {
    const appliedUs: number[] = [];
    server.on((message) => {
      if (message.kind === 'changed') appliedUs[message.index] = message.atUs;
    });
    const startUs = nowUs();
    for (let index = 0; index < count; index += 1) {
      // By the clock, so that a late one does not make the next one late.
      await delay(Math.max(0, (startUs + (index / this.#options.rate) * 1e6 - nowUs()) / 1000));
      server.send({ kind: 'change', index });
    }
    return appliedUs;
  }

  async #tail(expected: number): Promise<void> {
    const endUs = nowUs() + TAIL_LIMIT_MS * 1000;
    while (this.#acks.length < expected && nowUs() < endUs) await delay(TAIL_POLL_MS);
  }

  #readMeters(pid: number) {
    const { cpus, units } = this.#bed;
    const machineUs = readBusyUs([...new Set(parseCpuList(`${cpus.proxy},${cpus.load}`))], units);
    return { wallUs: nowUs(), machineUs, own: readUsage(process.pid, units), server: readUsage(pid, units) };
  }
}
