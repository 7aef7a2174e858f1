// The data plane of a sidecar in several processes: one configuration for all of them, one answer from all of them.
import type { ListenerStatus, WorkerStatus } from '../admin/sidecar-status.ts';
import type { Cancel, Clock } from '../base/clock.ts';
import { CodedError } from '../base/coded-error.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import { type Issue, renderIssue } from '../base/result.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { Changes } from '../model/config-sink.ts';
import type { ListenerSpec } from '../model/listener-spec.ts';
import { portRouteName } from '../model/names.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';
import type { StatSource } from '../telemetry/stats.ts';
import { ConfigStore } from './config-store.ts';
import { DemandLedger } from './demand-ledger.ts';
import { mergeClusters, mergeListeners } from './merge-figures.ts';
import {
  type Demand,
  NO_TROUBLE,
  type ReportKind,
  type ToWorker,
  type Trouble,
  type WorkerReports,
  type WorkerSetup,
} from './messages.ts';
import type { ClusterFigures, PlaneState, SidecarPlane } from './plane.ts';
import { type Grant, PortClaims } from './port-claims.ts';
import { recordStats, StatSum } from './stat-record.ts';
import type { StartWorker } from './worker-process.ts';
import { WorkerSlot } from './worker-slot.ts';

export interface WorkerPoolOptions {
  /** How many, ≥ 1. */
  readonly count: number;
  readonly start: StartWorker;
  /** What each worker is but for its index and what it had dialled. */
  readonly setup: Omit<WorkerSetup, 'index' | 'count' | 'dialled' | 'accessLogs'>;
  /** For what workers dial; null: nothing comes on demand. */
  readonly demand: ConfigDemand | null;
  /** Of whoever brings configuration. */
  readonly trouble: Trouble;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** As of SlotOptions. */
  readonly hangMs: number;
  readonly primary: Primary;
}

/** What the process of the pool does for it. */
export interface Primary {
  usedMemoryBytes(): number;
  /** Whole lines for an access log that workers do not write themselves. */
  writeLines(path: string, lines: string): void;
  /** Parts of a whole, of which the workers tell the others. */
  readonly stats: StatSource;
  /** As of SidecarPlane, for this process. */
  settle(): void;
  /** Called when no worker is left. */
  close(): Promise<void>;
}

/** A change that some workers have not applied yet. */
interface Pending {
  readonly id: number;
  /** By their text, since all workers mostly say the same. */
  readonly issues: Map<string, Issue>;
  readonly waitsFor: Set<WorkerSlot>;
  readonly resolve: (issues: readonly Issue[]) => void;
}

const REBIND_MS = 1_000;
/** Workers are asked whether they are there at least so often, ms, and so often in `hangMs`. */
const PING_MS = 1_000;
const PINGS = 5;
/** What still comes while everybody ends is finished within this time. */
const GRACE_MS = 1_000;

export class WorkerPool implements SidecarPlane, StatSource {
  readonly #options: WorkerPoolOptions;
  readonly #slots: readonly WorkerSlot[];
  readonly #store = new ConfigStore();
  readonly #demands = new DemandLedger();
  readonly #claims: PortClaims;
  /** In the order of their ids. */
  readonly #pending: Pending[] = [];
  /** What workers that are no more have counted. */
  readonly #counted = new StatSum();
  #accessLogs: readonly string[] = [];
  #lastId = 0;
  #late = 0;
  #draining = false;
  #closed = false;
  #trouble = NO_TROUBLE;
  #cancelPings: Cancel = () => {};
  #failStart: ((error: Error) => void) | null = null;

  constructor(options: WorkerPoolOptions) {
    const { count, start, clock, random, log, hangMs } = options;
    this.#options = options;
    this.#claims = new PortClaims({ clock, log, rebindMs: REBIND_MS });
    const events = {
      begin: (slot: WorkerSlot) => this.#begin(slot),
      applied: (slot: WorkerSlot, id: number, issues: readonly Issue[]) => this.#onApplied(slot, id, issues),
      demand: (slot: WorkerSlot, demands: readonly Demand[]) => this.#onDemand(slot, demands),
      clients: (slot: WorkerSlot, homes: readonly ClientHomeSpec[]) => this.#onClients(slot, homes),
      lines: (path: string, lines: string) => options.primary.writeLines(path, lines),
      ended: (slot: WorkerSlot, how: string, before: boolean) => this.#onEnded(slot, how, before),
      failed: (message: string) => this.#onFailed(message),
    };
    this.#slots = Array.from(
      { length: count },
      (_, at) => new WorkerSlot(at + 1, { start, clock, random, log, hangMs }, events),
    );
  }

  /** Resolves when every worker runs. */
  async start(first: Changes, accessLogs: readonly string[]): Promise<readonly Issue[]> {
    const { clock, hangMs, primary } = this.#options;
    this.#accessLogs = accessLogs;
    const periodMs = hangMs === 0 ? PING_MS : Math.min(PING_MS, Math.ceil(hangMs / PINGS));
    this.#cancelPings = clock.every(periodMs, () => {
      for (const slot of this.#slots) slot.ping(periodMs, primary.usedMemoryBytes());
    });
    const failed = new Promise<never>((_, reject) => {
      this.#failStart = reject;
    });
    const applied = this.apply(first);
    for (const slot of this.#slots) slot.start();
    const issues = await Promise.race([applied, failed]);
    this.#failStart = null;
    return issues;
  }

  /** Each worker does so by itself when it serves. */
  settle(): void {
    this.#options.primary.settle();
  }

  apply(changes: Changes): Promise<readonly Issue[]> {
    for (const name of changes.listeners?.removed ?? []) this.#claims.release(name);
    if (changes.routes !== undefined) this.#demands.note(changes.routes);
    const { listeners } = changes;
    if (listeners === undefined) return this.#send(changes);
    const ready: ListenerSpec[] = [];
    const waiting: Promise<readonly Issue[]>[] = [];
    for (const spec of listeners.upserted) {
      const known = this.#options.setup.reusePort ? this.#claims.known(spec) : spec;
      if (known === null) waiting.push(this.#claim(spec));
      else ready.push(known);
    }
    const now = this.#send({ ...changes, listeners: { upserted: ready, removed: listeners.removed } });
    return Promise.all([now, ...waiting]).then((answers) => answers.flat());
  }

  /** Of all workers; one that is not there is waited for. */
  state(): PlaneState {
    const states = this.#slots.map(({ state }) => state);
    const absent = this.#slots
      .filter(({ begun }) => !begun)
      .map(({ index }) => `worker ${index} of ${this.#slots.length}`);
    const draining = this.#draining ? ['nothing: the sidecar is draining'] : [];
    const told = states.flatMap(({ waitingFor }) => waitingFor);
    const waitingFor = [...new Set([...draining, ...absent, ...told, ...this.#claims.problems])];
    return {
      ready: waitingFor.length === 0 && states.every(({ ready }) => ready),
      waitingFor,
      held: [...new Set(states.flatMap(({ held }) => held))],
      clusters: Math.max(...states.map(({ clusters }) => clusters)),
      activeRequests: this.activeRequests,
    };
  }

  get activeRequests(): number {
    return this.#slots.reduce((sum, { activeRequests }) => sum + activeRequests, 0);
  }

  async stats(): Promise<readonly StatSource[]> {
    await this.#look('stats');
    const sum = new StatSum();
    sum.addCounts(recordStats([this.#counted]));
    sum.add(recordStats([this.#options.primary.stats]));
    // One that does not answer is told as it was last seen.
    for (const { stats } of this.#slots) if (stats !== null) sum.add(stats);
    return [sum, this];
  }

  async clusters(): Promise<readonly ClusterFigures[]> {
    return mergeClusters(await this.#look('clusters'));
  }

  async listeners(): Promise<readonly ListenerStatus[]> {
    return mergeListeners(await this.#look('listeners'));
  }

  workers(): readonly WorkerStatus[] {
    return this.#slots.map(({ index, pid, begun: running, state, restarts }) => {
      return { index, pid, running, activeRequests: state.activeRequests, restarts };
    });
  }

  collect(sink: Parameters<StatSource['collect']>[0]): void {
    sink.gauge('server', '', 'concurrency', this.#slots.length);
    sink.gauge('server', '', 'workers_running', this.#slots.filter(({ begun }) => begun).length);
    sink.counter(
      'server',
      '',
      'worker_restarts',
      this.#slots.reduce((sum, { restarts }) => sum + restarts, 0),
    );
    sink.counter('server', '', 'worker_reports_missed', this.#late);
    sink.gauge('control_plane', '', 'on_demand_asked', this.#demands.size);
  }

  /** Whoever brings configuration may have other troubles than before: those who wait for it are told of them. */
  noteProblem(): void {
    const { problem, unreachable } = this.#options.trouble;
    if (problem === this.#trouble.problem && unreachable === this.#trouble.unreachable) return;
    this.#trouble = { problem, unreachable };
    for (const slot of this.#slots) slot.send({ kind: 'problem', trouble: this.#trouble });
  }

  drain(): void {
    this.#draining = true;
    for (const slot of this.#slots) slot.drain();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelPings();
    this.#claims.close();
    const graceMs = this.#draining && this.activeRequests === 0 ? GRACE_MS : 0;
    await Promise.all(this.#slots.map((slot) => slot.close(graceMs)));
    await this.#options.primary.close();
  }

  // ── configuration ──

  #begin({ index }: WorkerSlot): Extract<ToWorker, { kind: 'begin' }> {
    // Each knows all: one is enough.
    this.#slots.find(({ begun }) => begun)?.send({ kind: 'tell-clients' });
    const { setup } = this.#options;
    const dialled = this.#demands.of(index);
    const changes = this.#store.whole();
    const own = { ...setup, index, count: this.#slots.length, dialled, accessLogs: this.#accessLogs };
    return { kind: 'begin', setup: own, id: this.#lastId, changes, trouble: this.#trouble };
  }

  #send(changes: Changes): Promise<readonly Issue[]> {
    const id = this.#nextId();
    const takeBack = this.#store.put(changes);
    for (const slot of this.#slots) slot.apply(id, changes);
    return this.#sent(id).then((issues) => {
      takeBack(issues);
      return issues;
    });
  }

  /** Resolves when what has the number `id` is in force everywhere. */
  #sent(id: number): Promise<readonly Issue[]> {
    return new Promise((resolve) => {
      const there = this.#slots.filter(({ pid }) => pid !== null);
      const waitsFor = new Set(there.length > 0 ? there : this.#slots);
      this.#pending.push({ id, issues: new Map(), waitsFor, resolve });
    });
  }

  #nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  async #claim(spec: ListenerSpec): Promise<readonly Issue[]> {
    let answer: Promise<readonly Issue[]> | null = null;
    await this.#claims.claim(spec, ({ spec: placed, release }: Grant) => {
      answer = this.#send({ listeners: { upserted: [placed], removed: [] } });
      void answer.then(release);
    });
    return answer ?? [];
  }

  #onApplied(slot: WorkerSlot, id: number, issues: readonly Issue[]): void {
    for (const pending of this.#pending) {
      if (pending.id > id) break;
      // Whoever has begun later has applied all at once: its issues are those of any part.
      if (pending.waitsFor.delete(slot)) for (const issue of issues) pending.issues.set(renderIssue(issue), issue);
    }
    this.#settle();
    if (this.#draining) slot.drain();
  }

  /** Answers come in the order of the changes. */
  #settle(): void {
    for (let first = this.#pending[0]; first !== undefined && first.waitsFor.size === 0; first = this.#pending[0]) {
      this.#pending.shift();
      first.resolve([...first.issues.values()]);
    }
  }

  /** Others answer for one that is gone; where there is none, the one that takes its place is waited for. */
  #onEnded(slot: WorkerSlot, how: string, before: boolean): void {
    if (slot.stats !== null) this.#counted.addCounts(slot.stats);
    slot.stats = null;
    if (before && this.#failStart !== null) this.#onFailed(`worker ${slot.index} ended at its start: ${how}`);
    if (this.#failStart !== null || !this.#slots.some(({ begun }) => begun)) return;
    for (const { waitsFor } of this.#pending) waitsFor.delete(slot);
    this.#settle();
  }

  #onFailed(message: string): void {
    this.#failStart?.(new CodedError('worker', message));
  }

  #onClients(from: WorkerSlot, homes: readonly ClientHomeSpec[]): void {
    for (const slot of this.#slots) if (slot !== from) slot.send({ kind: 'clients', homes });
  }

  // ── on demand ──

  #onDemand(slot: WorkerSlot, demands: readonly Demand[]): void {
    const gone: ServicePortName[] = [];
    const fresh: ServicePortName[] = [];
    // What was let go of may have been dialled again in the same moment: the last word counts.
    for (const { port, wanted } of lastOfEach(demands)) {
      if (!wanted) {
        if (this.#demands.leave(slot.index, port)) gone.push(port);
      } else if (this.#demands.want(slot.index, port)) fresh.push(port);
      else this.#tellAgain(slot, port);
    }
    if (fresh.length > 0) this.#options.demand?.subscribe(fresh);
    if (gone.length > 0) this.#options.demand?.unsubscribe(gone);
  }

  /** Others have dialled it before: what has come of it is there, but a worker that has let go of it has it no more. */
  #tellAgain(slot: WorkerSlot, port: ServicePortName): void {
    const { routes, ...rest } = this.#store.ofPort(port);
    const removed = this.#demands.isAbsent(port) ? [portRouteName(port.port, port.host)] : [];
    slot.apply(this.#lastId, { ...rest, routes: { upserted: routes?.upserted ?? [], removed } });
  }

  // ── reports ──

  async #look<Kind extends ReportKind>(at: Kind): Promise<readonly WorkerReports[Kind][]> {
    const answers = await Promise.all(
      this.#slots.map(async (slot) => {
        const answer = await slot.look(at);
        if (answer === null && slot.begun) this.#late += 1;
        return answer;
      }),
    );
    return answers.flatMap((answer) => (answer === null ? [] : [answer]));
  }
}

function lastOfEach(demands: readonly Demand[]): Iterable<Demand> {
  return new Map(demands.map((demand) => [portRouteName(demand.port.port, demand.port.host), demand])).values();
}
