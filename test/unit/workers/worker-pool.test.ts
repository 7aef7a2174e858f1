// The primary's side, with workers that do what the test says.

import { seededRandom } from '../../../src/base/random.ts';
import { errorIssue } from '../../../src/base/result.ts';
import { PROXY_SETTINGS } from '../../../src/config/index.ts';
import { parseSettings } from '../../../src/config/parse-settings.ts';
import type { Changes } from '../../../src/model/config-sink.ts';
import { outboundClusterName, portRouteName } from '../../../src/model/names.ts';
import type { ConfigDemand } from '../../../src/model/on-demand.ts';
import type { RouteConfigSpec } from '../../../src/model/route-spec.ts';
import { listStats } from '../../../src/telemetry/prometheus.ts';
import type { WorkerReports } from '../../../src/workers/messages.ts';
import { recordStats, type StatRecord } from '../../../src/workers/stat-record.ts';
import { WorkerPool } from '../../../src/workers/worker-pool.ts';
import { FakeWorkers, READY } from '../../support/fake-workers.ts';
import { ListLog } from '../../support/list-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { turns } from '../../support/until.ts';

const HANG_MS = 1_000;
const WEB = { host: 'web.default.svc.cluster.local', port: 80 };
const WEB_ROUTES = portRouteName(80, WEB.host);
const WEB_CLUSTER = outboundClusterName(80, WEB.host);

class Demand implements ConfigDemand {
  readonly asked: string[] = [];
  problem: string | null = null;
  unreachable = false;
  /** As the xDS client does: what is wanted no more goes before it returns. */
  onGone: (port: typeof WEB) => void = () => {};

  subscribe(ports: readonly (typeof WEB)[]): void {
    this.asked.push(...ports.map(({ host, port }) => `+${host}:${port}`));
  }

  unsubscribe(ports: readonly (typeof WEB)[]): void {
    for (const port of ports) {
      this.asked.push(`-${port.host}:${port.port}`);
      this.onGone(port);
    }
  }
}

function routes(name: string): RouteConfigSpec {
  return { name, virtualHosts: [] };
}

function withRoutes(...names: readonly string[]): Changes {
  return { routes: { upserted: names.map(routes), removed: [] } };
}

function stats(requests: number): StatRecord {
  return recordStats([{ collect: (sink) => sink.counter('http', 'in', 'downstream_rq_total', requests) }]);
}

class Scene {
  readonly clock = new ManualClock();
  readonly log = new ListLog();
  readonly workers = new FakeWorkers();
  readonly demand = new Demand();
  readonly lines: string[] = [];
  readonly pool: WorkerPool;
  started: Promise<unknown> = Promise.resolve();

  constructor(count = 2) {
    const settings = parseSettings(PROXY_SETTINGS, {});
    if (!settings.ok) throw new Error('settings');
    this.pool = new WorkerPool({
      count,
      start: this.workers.start,
      setup: { settings: settings.value, memoryMarkBytes: 0, onDemand: true, reusePort: true },
      demand: this.demand,
      trouble: this.demand,
      clock: this.clock,
      random: seededRandom(1),
      log: this.log,
      hangMs: HANG_MS,
      primary: {
        usedMemoryBytes: () => 7,
        writeLines: (path, lines) => void this.lines.push(`${path} ${lines}`),
        stats: { collect: () => {} },
        settle: () => {},
        close: () => Promise.resolve(),
      },
    });
  }

  /** All workers run, without any configuration. */
  async begin(first: Changes = {}): Promise<this> {
    this.started = this.pool.start(first, []);
    for (const worker of this.workers.all) worker.applies();
    await this.started;
    return this;
  }

  /** Whoever was in the place `index` is gone, and the next one is there. */
  replace(index: number): void {
    this.workers.at(index).ends();
    this.clock.advance(200);
  }
}

async function settled<T>(promise: Promise<T>): Promise<T | 'waits'> {
  await turns(2);
  return Promise.race([promise, Promise.resolve('waits' as const)]);
}

describe('clients that stay with an endpoint', () => {
  const homes = [{ cluster: 'web', client: '10.0.0.1', address: '10.1.0.1:80', uid: 'u', sinceMs: 1 }];

  it('are told to every worker but the one that says it', async () => {
    const { workers } = await new Scene(3).begin();
    workers.at(2).says({ kind: 'clients', homes });
    expect([1, 2, 3].map((index) => workers.at(index).of('clients'))).toEqual([
      [{ kind: 'clients', homes }],
      [],
      [{ kind: 'clients', homes }],
    ]);
  });

  it('are asked for at one of the others when a worker takes the place of another, which hears the answer', async () => {
    const scene = await new Scene(3).begin();
    const { workers } = scene;
    expect(workers.all.flatMap((worker) => worker.of('tell-clients'))).toEqual([]);
    scene.replace(1);
    expect([2, 3].map((index) => workers.at(index).of('tell-clients').length)).toEqual([1, 0]);
    workers.at(2).says({ kind: 'clients', homes });
    expect(workers.at(1).told[0]?.kind).toBe('begin');
    expect(workers.at(1).of('clients')).toEqual([{ kind: 'clients', homes }]);
  });
});

describe('WorkerPool', () => {
  it('begins each worker with what it is and with all that there is', async () => {
    const { workers } = await new Scene(3).begin(withRoutes('a'));
    expect(workers.all.map(({ told: [first] }) => first)).toEqual(
      [1, 2, 3].map((index) =>
        expect.objectContaining({
          kind: 'begin',
          setup: expect.objectContaining({ index, count: 3 }),
          changes: expect.objectContaining(withRoutes('a')),
        }),
      ),
    );
  });

  it('does not start where a worker cannot run, and says why', async () => {
    const { workers, pool } = new Scene();
    const started = pool.start({}, ['/no/where']);
    workers.at(2).says({ kind: 'failed', message: 'cannot write /no/where' });
    await expect(started).rejects.toThrow('cannot write /no/where');
  });

  it('does not start where a worker ends before it has begun', async () => {
    const { workers, pool } = new Scene();
    const started = pool.start({}, []);
    workers.at(2).ends('exit code 9');
    await expect(started).rejects.toThrow('worker 2 ended at its start: exit code 9');
  });

  it('answers a change when every worker has applied it, with what any of them refuses, once', async () => {
    const { workers, pool } = await new Scene().begin();
    const answer = pool.apply(withRoutes('a', 'b'));
    const refused = errorIssue('no', { source: 'a' });
    workers.at(1).applies([refused]);
    expect(await settled(answer)).toBe('waits');
    workers.at(2).applies([refused]);
    expect(await settled(answer)).toEqual([refused]);
  });

  it('tells all workers of a change at once, of nothing that did not change, and in order', async () => {
    const { workers, pool } = await new Scene().begin(withRoutes('a'));
    void pool.apply(withRoutes('b'));
    void pool.apply({ routes: { upserted: [], removed: ['a'] } });
    for (const worker of workers.all) {
      expect(worker.of('apply').map(({ changes }) => changes)).toEqual([
        withRoutes('b'),
        { routes: { upserted: [], removed: ['a'] } },
      ]);
    }
  });

  it('replaces a worker that has ended after a back-off, says which and why, and tells the next one what is in force', async () => {
    const { workers, pool, clock, log } = await new Scene().begin(withRoutes('a'));
    void pool.apply(withRoutes('b'));
    for (const worker of workers.all) worker.applies();
    workers.at(2).ends('SIGKILL');
    expect(log.take()).toEqual(['error a worker has ended: its connections are lost, another takes its place']);
    expect(pool.state()).toMatchObject({ ready: false, waitingFor: ['worker 2 of 2'] });
    expect(workers.all).toHaveLength(2);
    clock.advance(200);
    expect(workers.all.map(({ index }) => index)).toEqual([1, 2, 2]);
    expect(workers.at(2).told[0]).toMatchObject({ kind: 'begin', changes: withRoutes('a', 'b') });
    workers.at(2).applies();
    expect(pool.state()).toMatchObject({ ready: true, waitingFor: [] });
  });

  it('does not keep a change waiting for a worker that has ended while another serves', async () => {
    const { workers, pool } = await new Scene().begin();
    const answer = pool.apply(withRoutes('a'));
    workers.at(1).applies();
    workers.at(2).ends();
    expect(await settled(answer)).toEqual([]);
    const next = pool.apply(withRoutes('b'));
    workers.at(1).applies();
    expect(await settled(next)).toEqual([]);
  });

  it('answers a change that found no worker when those that come next run it', async () => {
    const { workers, pool, clock } = await new Scene().begin();
    for (const index of [1, 2]) workers.at(index).ends();
    const answer = pool.apply(withRoutes('a'));
    clock.advance(200);
    workers.at(1).applies();
    expect(await settled(answer)).toBe('waits');
    workers.at(2).applies();
    expect(await settled(answer)).toEqual([]);
  });

  it('tells the next worker the last good version of what was refused', async () => {
    const scene = await new Scene(1).begin(withRoutes('a'));
    const changed: RouteConfigSpec = { ...routes('a'), virtualHosts: [{ name: 'v', domains: ['*'], routes: [] }] };
    const answer = scene.pool.apply({ routes: { upserted: [changed], removed: [] } });
    scene.workers.at(1).applies([errorIssue('no', { source: 'a' })]);
    await answer;
    scene.replace(1);
    expect(scene.workers.at(1).of('begin')[0]?.changes).toMatchObject(withRoutes('a'));
  });

  it('ends a worker that does not answer for as long as it may, and says so; one that answers stays', async () => {
    const { workers, clock, log } = await new Scene().begin();
    for (let step = 0; step < 5; step += 1) {
      clock.advance(HANG_MS / 5);
      workers.at(1).says({ kind: 'state', state: READY, draining: false });
    }
    expect(workers.at(2).killed).toBe(false);
    clock.advance(HANG_MS / 5);
    expect([workers.at(1).killed, workers.at(2).killed]).toEqual([false, true]);
    expect(log.take()).toEqual(['error a worker hangs and is ended']);
    expect(workers.at(1).of('ping')[0]).toEqual({ kind: 'ping', usedBytes: 7 });
  });

  it('gives a worker that reads its first configuration six times as long', async () => {
    const { workers, pool, clock } = new Scene(1);
    void pool.start({}, []);
    clock.advance(6 * HANG_MS);
    expect(workers.at(1).killed).toBe(false);
    clock.advance(HANG_MS / 5);
    expect(workers.at(1).killed).toBe(true);
  });

  it('asks once for what several workers dial, and lets go of it when none does any more', async () => {
    const { workers, demand } = await new Scene().begin();
    workers.at(1).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    workers.at(2).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    workers.at(1).says({ kind: 'demand', demands: [{ port: WEB, wanted: false }], last: 2 });
    expect(demand.asked).toEqual([`+${WEB_ROUTES}`]);
    workers.at(2).says({ kind: 'demand', demands: [{ port: WEB, wanted: false }], last: 2 });
    expect(demand.asked).toEqual([`+${WEB_ROUTES}`, `-${WEB_ROUTES}`]);
  });

  it('keeps, and tells again, what was let go of and dialled again in one message', async () => {
    const { workers, demand, pool } = await new Scene().begin();
    workers.at(1).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    void pool.apply(withRoutes(WEB_ROUTES));
    const demands = [
      { port: WEB, wanted: false },
      { port: WEB, wanted: true },
    ];
    workers.at(1).says({ kind: 'demand', demands, last: 3 });
    expect(demand.asked).toEqual([`+${WEB_ROUTES}`]);
    expect(workers.at(1).of('apply').at(-1)).toMatchObject({ seen: 3, changes: withRoutes(WEB_ROUTES) });
  });

  it('tells a worker that dials what others hold what there is of it, and what there is not', async () => {
    const { workers, pool } = await new Scene().begin();
    workers.at(1).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    const assignment = { name: WEB_CLUSTER, localities: [] };
    void pool.apply({ endpoints: { upserted: [assignment], removed: [] } });
    void pool.apply({ routes: { upserted: [], removed: [WEB_ROUTES] } });
    workers.at(2).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    expect(workers.at(2).of('apply').at(-1)).toMatchObject({
      seen: 1,
      changes: { endpoints: { upserted: [assignment] }, routes: { upserted: [], removed: [WEB_ROUTES] } },
    });
    expect(workers.at(1).of('apply')).toHaveLength(2);
  });

  it('says with each change which demands it knew of, so that a worker can tell what is stale', async () => {
    const { workers, demand, pool } = await new Scene(1).begin();
    demand.onGone = () => void pool.apply({ routes: { upserted: [], removed: [WEB_ROUTES] } });
    workers.at(1).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    workers.at(1).says({ kind: 'demand', demands: [{ port: WEB, wanted: false }], last: 2 });
    expect(
      workers
        .at(1)
        .of('apply')
        .map(({ seen }) => seen),
    ).toEqual([2]);
  });

  it('keeps what a worker had dialled for the one that takes its place', async () => {
    const scene = await new Scene().begin();
    scene.workers.at(2).says({ kind: 'demand', demands: [{ port: WEB, wanted: true }], last: 1 });
    scene.replace(2);
    expect(scene.workers.at(2).of('begin')[0]?.setup.dialled).toEqual([WEB]);
    scene.workers.at(2).applies();
    expect(scene.demand.asked).toEqual([`+${WEB_ROUTES}`]);
  });

  it('tells workers why nothing may come, when that changes, and whoever comes later', async () => {
    const scene = await new Scene().begin();
    scene.demand.problem = 'nobody is there';
    scene.pool.noteProblem();
    scene.pool.noteProblem();
    scene.demand.unreachable = true;
    scene.pool.noteProblem();
    const trouble = { problem: 'nobody is there', unreachable: true };
    expect(scene.workers.at(1).of('problem')).toEqual([
      { kind: 'problem', trouble: { ...trouble, unreachable: false } },
      { kind: 'problem', trouble },
    ]);
    scene.replace(2);
    expect(scene.workers.at(2).of('begin')[0]?.trouble).toEqual(trouble);
  });

  describe('its figures', () => {
    function report(scene: Scene, index: number, told: WorkerReports['stats']): void {
      const look = scene.workers.at(index).of('look').at(-1);
      scene.workers.at(index).says({ kind: 'report', id: look?.id ?? 0, report: told });
    }

    async function requests(scene: Scene, ...told: readonly (number | null)[]): Promise<number | undefined> {
      const asked = scene.pool.stats();
      for (const [at, count] of told.entries()) if (count !== null) report(scene, at + 1, stats(count));
      scene.clock.advance(2_000);
      return listStats(await asked).get('http.in.downstream_rq_total');
    }

    it('are the sum of its workers', async () => {
      const scene = await new Scene().begin();
      expect(await requests(scene, 3, 4)).toBe(7);
    });

    it('never go back: of a worker that is gone or silent they stay as they were seen last', async () => {
      const scene = await new Scene().begin();
      expect(await requests(scene, 3, 4)).toBe(7);
      scene.replace(2);
      expect(await requests(scene, 5)).toBe(9);
      scene.workers.at(2).applies();
      expect(await requests(scene, 5, 1)).toBe(10);
      expect(await requests(scene, 6, null)).toBe(11);
    });

    it('say how many workers there are, and how many had to be replaced', async () => {
      const scene = await new Scene().begin();
      scene.replace(1);
      const stats = listStats([scene.pool]);
      expect(stats.get('server.concurrency')).toBe(2);
      expect(stats.get('server.workers_running')).toBe(1);
      expect(stats.get('server.worker_restarts')).toBe(1);
    });
  });

  it('has requests in work until every worker that drains has said that it has none', async () => {
    const { pool, workers } = await new Scene().begin();
    pool.drain();
    expect(pool.activeRequests).toBe(2);
    expect(pool.state().ready).toBe(false);
    workers.at(1).says({ kind: 'state', state: READY, draining: true });
    workers.at(2).says({ kind: 'state', state: { ...READY, activeRequests: 3 }, draining: true });
    expect(pool.activeRequests).toBe(3);
    workers.at(2).says({ kind: 'state', state: READY, draining: true });
    expect(pool.activeRequests).toBe(0);
  });

  it('closes when every worker has ended, and starts none any more', async () => {
    const { pool, workers, clock } = await new Scene().begin();
    const closed = pool.close();
    expect(workers.all.map((worker) => worker.of('close'))).toEqual([
      [{ kind: 'close', graceMs: 0 }],
      [{ kind: 'close', graceMs: 0 }],
    ]);
    workers.at(1).ends('exit code 0');
    clock.advance(1_000);
    expect(await settled(closed)).toBe('waits');
    clock.advance(2_000);
    expect(workers.at(2).killed).toBe(true);
    workers.at(2).ends();
    await closed;
    expect(workers.all).toHaveLength(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('hands on whole lines of access logs', async () => {
    const { workers, lines } = await new Scene().begin();
    workers.at(2).says({ kind: 'lines', path: '/dev/stdout', lines: '{}\n' });
    expect(lines).toEqual(['/dev/stdout {}\n']);
  });
});
