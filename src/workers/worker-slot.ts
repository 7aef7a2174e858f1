// One place for a worker: its process, what that has applied and told, and the one that takes its place when it ends.
import { Backoff } from '../base/backoff.ts';
import type { Cancel, Clock } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Issue } from '../base/result.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { Changes } from '../model/config-sink.ts';
import type { Demand, FromWorker, ReportKind, ToWorker, WorkerReports } from './messages.ts';
import type { PlaneState } from './plane.ts';
import type { StatRecord } from './stat-record.ts';
import type { StartWorker, WorkerProcess } from './worker-process.ts';

export interface SlotEvents {
  /** What a new process is told first. */
  begin(slot: WorkerSlot): Extract<ToWorker, { kind: 'begin' }>;
  /** All up to `id` is in force there. */
  applied(slot: WorkerSlot, id: number, issues: readonly Issue[]): void;
  demand(slot: WorkerSlot, demands: readonly Demand[]): void;
  clients(slot: WorkerSlot, homes: readonly ClientHomeSpec[]): void;
  lines(path: string, lines: string): void;
  /** The process is gone, and another will come; `before` = it had not applied anything. */
  ended(slot: WorkerSlot, how: string, before: boolean): void;
  failed(message: string): void;
}

export interface SlotOptions {
  readonly start: StartWorker;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** How long its event loop may stand still, ms; 0 = for ever. */
  readonly hangMs: number;
}

const RESTART_BACKOFF = { baseMs: 200, maxMs: 10_000 };
/** What runs for so long is sound: the next end is answered at once again. */
const SOUND_MS = 30_000;
/** A worker that has not begun yet reads the whole configuration: it may take so many times longer. */
const BEGIN_FACTOR = 6;
/** A report that does not come in this time is left out of the page. */
const REPORT_MS = 2_000;
/** From the word that it shall end to its end by force, beyond what it was given. */
const CLOSE_MS = 2_000;

const UNBEGUN: PlaneState = { ready: false, waitingFor: [], held: [], clusters: 0, activeRequests: 0 };

export class WorkerSlot {
  readonly index: number;
  /** As it was told last; of a process that is there. */
  state: PlaneState = UNBEGUN;
  /** Of the process that is there, or was last: for what it has counted. */
  stats: StatRecord | null = null;
  /** How many processes have ended here. */
  restarts = 0;
  /** How many demands of the process have come. */
  seen = 0;
  readonly #options: SlotOptions;
  readonly #events: SlotEvents;
  readonly #backoff: Backoff;
  readonly #reports = new Map<number, (report: WorkerReports[ReportKind] | null) => void>();
  #process: WorkerProcess | null = null;
  #begun = false;
  #draining = false;
  #closing = false;
  #missedPings = 0;
  #looks = 0;
  #startedAtMs = 0;
  #killedFor = '';
  #cancelRestart: Cancel = () => {};
  #onGone: () => void = () => {};

  constructor(index: number, options: SlotOptions, events: SlotEvents) {
    this.index = index;
    this.#options = options;
    this.#events = events;
    this.#backoff = new Backoff(RESTART_BACKOFF, options.random);
  }

  /** It runs a configuration. */
  get begun(): boolean {
    return this.#begun;
  }

  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  /** Requests in work, as far as they are known: one that drains and has not answered yet may have some. */
  get activeRequests(): number {
    if (this.#process === null) return 0;
    return this.#draining ? this.state.activeRequests : Math.max(1, this.state.activeRequests);
  }

  start(): void {
    const { start, clock } = this.#options;
    this.#startedAtMs = clock.now();
    this.#missedPings = 0;
    this.#killedFor = '';
    this.seen = 0;
    // Events of one that is over must not touch the next.
    const current: { process: WorkerProcess | null } = { process: null };
    const isCurrent = (): boolean => this.#process === current.process;
    current.process = start(this.index, {
      message: (message) => {
        if (isCurrent()) this.#receive(message);
      },
      ended: (how) => {
        if (isCurrent()) this.#end(how);
      },
    });
    this.#process = current.process;
    this.#process.send(this.#events.begin(this));
  }

  apply(id: number, changes: Changes): void {
    this.send({ kind: 'apply', id, changes, seen: this.seen });
  }

  send(message: ToWorker): void {
    this.#process?.send(message);
  }

  /** Null: it is not there, or does not answer in time. */
  look<Kind extends ReportKind>(at: Kind): Promise<WorkerReports[Kind] | null> {
    if (!this.#begun) return Promise.resolve(null);
    this.#looks += 1;
    const id = this.#looks;
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(REPORT_MS, () => this.#reports.get(id)?.(null));
      this.#reports.set(id, (report) => {
        cancel();
        this.#reports.delete(id);
        if (at === 'stats' && report !== null) this.stats = report as StatRecord;
        resolve(report as WorkerReports[Kind] | null);
      });
      this.send({ kind: 'look', id, at });
    });
  }

  /** Called every `periodMs`. One that has not said anything since for too long is ended. */
  ping(periodMs: number, usedBytes: number): void {
    const { hangMs, log } = this.#options;
    if (this.#process === null || this.#killedFor !== '') return;
    // Pings are counted, not time: where everything stood still, as a frozen container does, nobody has failed to answer.
    const silentMs = this.#missedPings * periodMs;
    if (hangMs > 0 && silentMs >= hangMs * (this.#begun ? 1 : BEGIN_FACTOR)) {
      this.#killedFor = `it did not answer for ${Math.round(silentMs)} ms`;
      log.error('a worker hangs and is ended', {
        worker: this.index,
        pid: this.pid ?? 0,
        silentMs: Math.round(silentMs),
      });
      this.#process.kill();
      return;
    }
    this.#missedPings += 1;
    this.send({ kind: 'ping', usedBytes });
  }

  drain(): void {
    this.send({ kind: 'drain' });
  }

  /** Resolves when its process has ended. */
  close(graceMs: number): Promise<void> {
    this.#closing = true;
    this.#cancelRestart();
    const process = this.#process;
    if (process === null) return Promise.resolve();
    this.send({ kind: 'close', graceMs });
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(graceMs + CLOSE_MS, () => process.kill());
      this.#onGone = () => {
        cancel();
        resolve();
      };
    });
  }

  #receive(message: FromWorker): void {
    this.#missedPings = 0;
    switch (message.kind) {
      case 'applied':
        this.#begun = true;
        this.state = message.state;
        this.#events.applied(this, message.id, message.issues);
        return;
      case 'state':
        this.#draining = message.draining;
        this.state = message.state;
        return;
      case 'failed':
        this.#killedFor = message.message;
        this.#events.failed(message.message);
        return;
      case 'demand':
        this.seen = message.last;
        this.#events.demand(this, message.demands);
        return;
      case 'report':
        this.#reports.get(message.id)?.(message.report);
        return;
      case 'clients':
        this.#events.clients(this, message.homes);
        return;
      case 'lines':
        this.#events.lines(message.path, message.lines);
    }
  }

  #end(how: string): void {
    const { clock, log } = this.#options;
    const because = this.#killedFor === '' ? how : this.#killedFor;
    const pid = this.pid ?? 0;
    const before = !this.#begun;
    this.#process = null;
    this.#begun = false;
    this.#draining = false;
    this.state = UNBEGUN;
    for (const tell of [...this.#reports.values()]) tell(null);
    this.#onGone();
    if (this.#closing) return;
    this.restarts += 1;
    if (clock.now() - this.#startedAtMs >= SOUND_MS) this.#backoff.reset();
    const delayMs = this.#backoff.nextDelayMs();
    const fields = { worker: this.index, pid, because, retryInMs: Math.round(delayMs) };
    log.error('a worker has ended: its connections are lost, another takes its place', fields);
    this.#cancelRestart = clock.after(delayMs, () => this.start());
    this.#events.ended(this, because, before);
  }
}
