// A worker's side, with a plane that does what the test says.
import { errorIssue, type Issue } from '../../../src/base/result.ts';
import { PROXY_SETTINGS } from '../../../src/config/index.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import type { ClientHomeSpec } from '../../../src/model/client-home-spec.ts';
import type { Changes } from '../../../src/model/config-sink.ts';
import { outboundClusterName, portRouteName } from '../../../src/model/names.ts';
import type { ConfigDemand } from '../../../src/model/on-demand.ts';
import type { FromWorker, WorkerSetup } from '../../../src/workers/messages.ts';
import type { PlaneState } from '../../../src/workers/plane.ts';
import { type PrimaryFacts, type Siblings, WorkerLink } from '../../../src/workers/worker-link.ts';
import { READY } from '../../support/fake-workers.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { turns } from '../../support/until.ts';

const WEB = { host: 'web.default.svc.cluster.local', port: 80 };
const ROUTES = portRouteName(80, WEB.host);
const CLUSTER = outboundClusterName(80, WEB.host);
const NOTHING: Changes = {};
const GONE: Changes = {
  clusters: { upserted: [], removed: [CLUSTER, 'other'] },
  endpoints: { upserted: [], removed: [CLUSTER] },
  routes: { upserted: [], removed: [ROUTES] },
};

const homeOf = (client: string): ClientHomeSpec => {
  return { cluster: 'web', client, address: '10.1.0.1:80', uid: 'u', sinceMs: 1 };
};

class Scene {
  readonly clock = new ManualClock();
  readonly said: FromWorker[] = [];
  readonly done: string[] = [];
  readonly applied: Changes[] = [];
  readonly link: WorkerLink;
  issues: readonly Issue[] = [];
  state: PlaneState = READY;
  failure: string | null = null;
  demand: ConfigDemand | null = null;
  primary: PrimaryFacts = { usedBytes: 0, isCurrent: true };
  ended = false;
  readonly learnt: ClientHomeSpec[] = [];
  homes: readonly ClientHomeSpec[] = [];
  siblings: Siblings | null = null;

  constructor() {
    this.link = new WorkerLink({
      clock: this.clock,
      send: (message) => void this.said.push(message),
      createPlane: async (_setup, demand, primary, siblings) => {
        this.siblings = siblings;
        this.demand = demand;
        this.primary = primary;
        if (this.failure === 'create') throw new Error('no plane');
        return {
          start: async (first) => {
            if (this.failure === 'start') throw new Error('no log');
            return this.#apply(first);
          },
          apply: (changes) => this.#apply(changes),
          state: () => this.state,
          learnClients: (homes) => void this.learnt.push(...homes),
          clientHomes: () => this.homes,
          report: () => {
            throw new Error('nobody looks');
          },
          noteProblem: () => void this.done.push('noteProblem'),
          drain: () => void this.done.push('drain'),
          stopAccepting: () => void this.done.push('stop'),
          settle: () => void this.done.push('settle'),
          close: async () => void this.done.push('close'),
        };
      },
      onEnd: () => {
        this.ended = true;
      },
    });
  }

  async begin(setup: Partial<WorkerSetup> = {}): Promise<this> {
    const settings = parseSettings(PROXY_SETTINGS, {});
    if (!settings.ok) throw new Error('settings');
    const own = { index: 1, count: 2, memoryMarkBytes: 0, dialled: [], accessLogs: [], reusePort: true };
    const all = { settings: settings.value, onDemand: true, ...own, ...setup };
    this.link.receive({
      kind: 'begin',
      setup: all,
      id: 3,
      changes: NOTHING,
      trouble: { problem: 'away', unreachable: true },
    });
    await turns(1);
    return this;
  }

  /** What was said since the last call. */
  take(): FromWorker[] {
    return this.said.splice(0);
  }

  #apply(changes: Changes): readonly Issue[] {
    this.applied.push(changes);
    return this.issues;
  }
}

describe('WorkerLink', () => {
  it('applies what it is told, and answers each change with what is wrong and how it is', async () => {
    const scene = await new Scene().begin();
    expect(scene.take()).toEqual([{ kind: 'applied', id: 3, issues: [], state: READY }]);
    scene.issues = [errorIssue('no')];
    scene.link.receive({ kind: 'apply', id: 4, changes: GONE, seen: 0 });
    expect(scene.take()).toEqual([{ kind: 'applied', id: 4, issues: scene.issues, state: READY }]);
    expect(scene.applied).toEqual([NOTHING, GONE]);
  });

  it('says which clients stay where, those of 20 ms in one message, and all when it is asked', async () => {
    const scene = await new Scene().begin();
    scene.take();
    scene.siblings?.tell(homeOf('10.0.0.1'));
    scene.siblings?.tell(homeOf('10.0.0.2'));
    expect(scene.take()).toEqual([]);
    scene.clock.advance(20);
    expect(scene.take()).toEqual([{ kind: 'clients', homes: [homeOf('10.0.0.1'), homeOf('10.0.0.2')] }]);
    scene.homes = Array.from({ length: 2_500 }, (_, index) => homeOf(String(index)));
    scene.link.receive({ kind: 'tell-clients' });
    expect(scene.take().map((said) => (said.kind === 'clients' ? said.homes.length : 0))).toEqual([1_000, 1_000, 500]);
    scene.clock.advance(1_000);
    expect(scene.take()).toEqual([]);
  });

  it('learns what others say of clients', async () => {
    const scene = await new Scene().begin();
    scene.link.receive({ kind: 'clients', homes: [homeOf('10.0.0.1')] });
    expect(scene.learnt).toEqual([homeOf('10.0.0.1')]);
  });

  it('begins before it does what it is told behind that', async () => {
    const scene = new Scene();
    const begun = scene.begin();
    scene.link.receive({ kind: 'apply', id: 4, changes: GONE, seen: 0 });
    expect(scene.applied).toEqual([]);
    await begun;
    expect(scene.applied).toEqual([NOTHING, GONE]);
    expect(scene.take().map((message) => message.kind === 'applied' && message.id)).toEqual([3, 4]);
  });

  it.each([
    ['create', 'no plane'],
    ['start', 'no log'],
  ])('says why it cannot run, and ends (%s)', async (failure, message) => {
    const scene = new Scene();
    scene.failure = failure;
    await scene.begin();
    expect(scene.take()).toEqual([{ kind: 'failed', message }]);
    expect(scene.ended).toBe(true);
  });

  it('tells while it is not ready what changes, and nothing once it is', async () => {
    const scene = new Scene();
    scene.state = { ...READY, ready: false, waitingFor: ['listeners'] };
    await scene.begin();
    scene.clock.advance(100);
    scene.take();
    scene.clock.advance(100);
    expect(scene.take()).toEqual([]);
    scene.state = READY;
    scene.clock.advance(20);
    expect(scene.take()).toEqual([{ kind: 'state', state: READY, draining: false }]);
    expect(scene.done).toEqual(['settle']);
    expect(scene.clock.pendingTimers).toBe(0);
  });

  it('answers a ping with how it is, and keeps how much memory the primary has', async () => {
    const scene = await new Scene().begin();
    scene.take();
    scene.link.receive({ kind: 'ping', usedBytes: 5 });
    expect(scene.take()).toEqual([{ kind: 'state', state: READY, draining: false }]);
    expect(scene.primary.usedBytes).toBe(5);
  });

  it('drains and tells when the last request is done', async () => {
    const scene = await new Scene().begin();
    scene.state = { ...READY, ready: false, activeRequests: 1 };
    scene.take();
    scene.link.receive({ kind: 'drain' });
    scene.link.receive({ kind: 'drain' });
    scene.state = { ...scene.state, activeRequests: 0 };
    scene.clock.advance(40);
    expect(scene.done).toEqual(['settle', 'drain']);
    expect(scene.take().map((message) => message.kind === 'state' && message.state.activeRequests)).toEqual([1, 0]);
  });

  it('ends when it is told: takes nothing new, and finishes what is in work within its grace', async () => {
    const scene = await new Scene().begin();
    scene.state = { ...READY, activeRequests: 1 };
    scene.link.receive({ kind: 'close', graceMs: 1_000 });
    scene.clock.advance(500);
    await turns(1);
    expect([scene.done, scene.ended]).toEqual([['settle', 'stop'], false]);
    scene.state = READY;
    scene.clock.advance(20);
    await turns(1);
    expect([scene.done, scene.ended]).toEqual([['settle', 'stop', 'close'], true]);
  });

  it('cuts off what is not done within its grace', async () => {
    const scene = await new Scene().begin();
    scene.state = { ...READY, activeRequests: 1 };
    scene.link.receive({ kind: 'close', graceMs: 100 });
    scene.clock.advance(100);
    await turns(1);
    expect(scene.ended).toBe(true);
  });

  it('leaves its ports and finishes what is in work, at most as long as a drain takes, when its primary is gone', async () => {
    const scene = await new Scene().begin();
    scene.state = { ...READY, activeRequests: 1 };
    scene.link.onOrphaned();
    expect(scene.done).toEqual(['settle', 'drain', 'stop']);
    scene.clock.advance(24_900);
    await turns(1);
    expect(scene.ended).toBe(false);
    scene.clock.advance(100);
    await turns(1);
    expect(scene.ended).toBe(true);
  });

  describe('what it dials', () => {
    it('is told in one message a turn, with the number of the last', async () => {
      const scene = await new Scene().begin();
      scene.take();
      scene.demand?.subscribe([WEB]);
      scene.demand?.unsubscribe([WEB]);
      await turns(1);
      scene.demand?.subscribe([WEB]);
      await turns(1);
      expect(scene.take()).toEqual([
        {
          kind: 'demand',
          demands: [
            { port: WEB, wanted: true },
            { port: WEB, wanted: false },
          ],
          last: 2,
        },
        { kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 3 },
      ]);
    });

    it('stays where the primary let go of it before it heard that it is dialled again', async () => {
      const scene = await new Scene().begin();
      scene.demand?.subscribe([WEB]);
      scene.demand?.unsubscribe([WEB]);
      scene.demand?.subscribe([WEB]);
      scene.link.receive({ kind: 'apply', id: 4, changes: GONE, seen: 2 });
      expect(scene.applied.at(-1)).toEqual({
        clusters: { upserted: [], removed: ['other'] },
        endpoints: { upserted: [], removed: [] },
        routes: { upserted: [], removed: [] },
      });
      scene.link.receive({ kind: 'apply', id: 5, changes: GONE, seen: 3 });
      expect(scene.applied.at(-1)).toEqual(GONE);
    });

    it('tells why nothing comes, as the primary has it', async () => {
      const scene = await new Scene().begin();
      expect([scene.demand?.problem, scene.demand?.unreachable]).toEqual(['away', true]);
      scene.link.receive({ kind: 'problem', trouble: { problem: null, unreachable: false } });
      expect([scene.demand?.problem, scene.demand?.unreachable]).toEqual([null, false]);
      expect(scene.done).toContain('noteProblem');
    });

    it('is nothing where nothing comes on demand, and whoever brings configuration is there or not all the same', async () => {
      const scene = await new Scene().begin({ onDemand: false });
      expect(scene.demand).toBeNull();
      expect(scene.primary.isCurrent).toBe(false);
      scene.link.receive({ kind: 'problem', trouble: { problem: null, unreachable: false } });
      expect(scene.primary.isCurrent).toBe(true);
    });
  });
});
