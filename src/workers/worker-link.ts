// A worker's side: does what the primary says, and tells it what came of it.
import type { Cancel, Clock } from '../base/clock.ts';
import { messageOf } from '../base/coded-error.ts';
import type { Issue } from '../base/result.ts';
import type { ClientHomeSpec } from '../model/client-home-spec.ts';
import type { Changes } from '../model/config-sink.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import { ClientNews } from './client-news.ts';
import type { FromWorker, ReportKind, ToWorker, Trouble, WorkerReports, WorkerSetup } from './messages.ts';
import type { PlaneState } from './plane.ts';
import { RemoteDemand } from './remote-demand.ts';

/** The data plane of a worker. */
export interface WorkerPlane {
  /** As of SidecarPlane; `first` is all that there is. In force before it returns. */
  start(first: Changes): Promise<readonly Issue[]>;
  /** As of ConfigSink. */
  apply(changes: Changes): readonly Issue[];
  state(): PlaneState;
  /** As of SidecarPlane. */
  noteProblem(): void;
  /** Clients that stay with an endpoint, as other workers say. */
  learnClients(homes: readonly ClientHomeSpec[]): void;
  /** All that it knows itself. */
  clientHomes(): readonly ClientHomeSpec[];
  report<Kind extends ReportKind>(at: Kind): WorkerReports[Kind];
  drain(): void;
  /** Takes no new connection; what runs goes on. */
  stopAccepting(): void;
  /** Serves for the first time: what only the start needed may go. */
  settle(): void;
  /** Resolves when what it wrote is on its way. */
  close(): Promise<void>;
}

/** What it hears of the primary. */
export interface PrimaryFacts {
  /** Memory that the primary uses. */
  usedBytes: number;
  /** Whoever brings configuration to it is there. */
  isCurrent: boolean;
}

/** What it says to other workers. */
export interface Siblings {
  /** Never waits. */
  tell(home: ClientHomeSpec): void;
}

export interface WorkerLinkOptions {
  readonly clock: Clock;
  /** Never waits; messages arrive in order. */
  readonly send: (message: FromWorker) => void;
  /** Rejects where it cannot run as `setup` says. `demand`: null where nothing is dialled. */
  readonly createPlane: (
    setup: WorkerSetup,
    demand: ConfigDemand | null,
    primary: PrimaryFacts,
    siblings: Siblings,
  ) => Promise<WorkerPlane>;
  /** Called once: everything is closed. */
  readonly onEnd: () => void;
}

/** While it is not ready, or drains, the primary is told of every change so soon, ms. */
const WATCH_MS = 20;

export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  readonly #primary: PrimaryFacts = { usedBytes: 0, isCurrent: true };
  readonly #news: ClientNews;
  #plane: WorkerPlane | null = null;
  #demand: RemoteDemand | null = null;
  #drainTimeoutMs = 0;
  #draining = false;
  #ending = false;
  #settled = false;
  #told = '';
  /** What comes while it begins. */
  #later: ToWorker[] | null = null;
  #cancelWatch: Cancel | null = null;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
    this.#news = new ClientNews(options.clock, options.send);
  }

  receive(message: ToWorker): void {
    if (this.#later !== null) {
      this.#later.push(message);
      return;
    }
    switch (message.kind) {
      case 'begin':
        void this.#begin(message);
        return;
      case 'apply':
        this.#apply(message.id, this.#demand?.withoutStale(message.changes, message.seen) ?? message.changes);
        return;
      case 'problem':
        this.#takeTrouble(message.trouble);
        this.#plane?.noteProblem();
        return;
      case 'ping':
        this.#primary.usedBytes = message.usedBytes;
        this.#tellState();
        return;
      case 'clients':
        this.#plane?.learnClients(message.homes);
        return;
      case 'tell-clients':
        this.#news.tellAll(this.#plane?.clientHomes() ?? []);
        return;
      case 'look':
        this.#look(message.id, message.at);
        return;
      case 'drain':
        this.#drain();
        return;
      case 'close':
        this.#finish(message.graceMs);
    }
  }

  /** The primary is gone: nobody tells what is new any more, so its ports are left to whoever comes next, and what runs is finished. */
  onOrphaned(): void {
    this.#plane?.drain();
    this.#finish(this.#drainTimeoutMs);
  }

  async #begin({ setup, id, changes, trouble }: Extract<ToWorker, { kind: 'begin' }>): Promise<void> {
    const { send, createPlane } = this.#options;
    this.#drainTimeoutMs = setup.settings.drainTimeoutMs;
    if (setup.onDemand) {
      this.#demand = new RemoteDemand(setup.dialled, send);
    }
    this.#takeTrouble(trouble);
    this.#later = [];
    try {
      this.#plane = await createPlane(setup, this.#demand, this.#primary, this.#news);
      this.#tellApplied(id, await this.#plane.start(changes));
    } catch (error) {
      // It ends, so that another tries it again.
      send({ kind: 'failed', message: messageOf(error) });
      this.#finish(0);
    }
    const later = this.#later;
    this.#later = null;
    for (const message of later) this.receive(message);
  }

  #takeTrouble(trouble: Trouble): void {
    this.#primary.isCurrent = trouble.problem === null;
    this.#demand?.takeTrouble(trouble);
  }

  #apply(id: number, changes: Changes): void {
    if (this.#plane !== null && !this.#ending) this.#tellApplied(id, this.#plane.apply(changes));
  }

  #tellApplied(id: number, issues: readonly Issue[]): void {
    const state = this.#plane?.state();
    if (state === undefined) return;
    this.#options.send({ kind: 'applied', id, issues, state });
    this.#watch(state);
  }

  #look(id: number, at: ReportKind): void {
    if (this.#plane !== null) this.#options.send({ kind: 'report', id, report: this.#plane.report(at) });
  }

  #drain(): void {
    if (this.#plane === null || this.#draining) return;
    this.#draining = true;
    this.#plane.drain();
    this.#watch(this.#tellState());
  }

  #tellState(): PlaneState | null {
    const state = this.#plane?.state() ?? null;
    if (state !== null) this.#options.send({ kind: 'state', state, draining: this.#draining });
    return state;
  }

  /** Nothing calls when a listener is bound, a name resolved, or the last request done: then it is looked at again. */
  #watch(state: PlaneState | null): void {
    if (state === null) return;
    if (state.ready && !this.#settled) {
      this.#settled = true;
      this.#plane?.settle();
    }
    const isFinal = state.ready && !this.#draining;
    if (isFinal || this.#ending) this.#stopWatching();
    else this.#cancelWatch ??= this.#options.clock.every(WATCH_MS, () => this.#lookAgain());
  }

  #lookAgain(): void {
    const state = this.#plane?.state() ?? null;
    const text = JSON.stringify(state);
    if (state === null || text === this.#told) return;
    this.#told = text;
    this.#options.send({ kind: 'state', state, draining: this.#draining });
    this.#watch(state);
  }

  #stopWatching(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = null;
    this.#told = '';
  }

  #finish(graceMs: number): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#stopWatching();
    const plane = this.#plane;
    if (plane === null) {
      this.#options.onEnd();
      return;
    }
    const { clock, onEnd } = this.#options;
    plane.stopAccepting();
    const deadline = clock.now() + graceMs;
    const end = (): void => void plane.close().then(onEnd);
    if (plane.state().activeRequests === 0 || graceMs === 0) {
      end();
      return;
    }
    const cancel = clock.every(WATCH_MS, () => {
      if (plane.state().activeRequests > 0 && clock.now() < deadline) return;
      cancel();
      end();
    });
  }
}
