// Promises of the control plane: when it tells, what it tells, and what it keeps to itself.
import { errorIssue, renderIssue } from '../../../src/base/result.ts';
import { CheckedSnapshots } from '../../../src/control/checked-snapshots.ts';
import { ControlPlane, type MeshState } from '../../../src/control/control-plane.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import { keyOf } from '../../../src/kube/objects.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../src/model/snapshot.ts';
import { ListLog } from '../../support/list-log.ts';
import { manifests } from '../../support/manifests.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { podText, serviceText, TextMesh } from '../../support/mesh-text.ts';

const A = 'outbound|80|a.default.svc.cluster.local';
const VIEW = { namespace: 'default', outboundAddresses: [] };

interface Running {
  readonly clock: ManualClock;
  readonly log: ListLog;
  readonly registry: MemoryRegistry;
  readonly plane: ControlPlane;
  readonly states: MeshState[];
}

async function run(text: string, registries?: readonly MemoryRegistry[]): Promise<Running> {
  const clock = new ManualClock();
  const log = new ListLog();
  const registry = registries?.[0] ?? new MemoryRegistry();
  registry.upsert(...manifests(text));
  const plane = new ControlPlane({ registries: registries ?? [registry], clock, log, clusterDomain: 'cluster.local' });
  const states: MeshState[] = [];
  plane.subscribe((state) => states.push(state));
  plane.start();
  await settle();
  return { clock, log, registry, plane, states };
}

/** The registry in memory tells its beginning in a microtask. */
async function settle(): Promise<void> {
  await Promise.resolve();
  await Promise.resolve();
}

function endpoints(state: MeshState | undefined): string[] | undefined {
  const assignment = state?.snapshotFor(VIEW).endpoints.get(A);
  return assignment?.localities.flatMap((locality) =>
    locality.endpoints.map(({ host, health }) => `${host} ${health}`),
  );
}

describe('the control plane', () => {
  it('tells nothing before every registry is synced, and then all at once as version 1', async () => {
    const first = new MemoryRegistry('first');
    let emitSynced = (): void => {};
    const second = new MemoryRegistry('second');
    const watch = second.watch.bind(second);
    second.watch = (emit) =>
      watch((event) => {
        if (event.kind === 'synced') emitSynced = () => emit(event);
        else emit(event);
      });
    second.upsert(...manifests(podText({ name: 'p', ip: '10.0.0.1' })));
    const { states, plane, clock } = await run(serviceText(), [first, second]);
    clock.advance(10_000);
    expect([states.length, plane.state]).toEqual([0, null]);
    emitSynced();
    expect(states.map((state) => state.version)).toEqual([1]);
    expect(endpoints(states[0])).toEqual(['10.0.0.1 healthy']);
  });

  it('tells additions together, 50 ms after the first of them', async () => {
    const { clock, registry, states } = await run(serviceText());
    registry.upsert(...manifests(podText({ name: 'p1', ip: '10.0.0.1' })));
    clock.advance(40);
    registry.upsert(...manifests(podText({ name: 'p2', ip: '10.0.0.2' })));
    clock.advance(9);
    expect(states).toHaveLength(1);
    clock.advance(1);
    expect(states.map((state) => state.version)).toEqual([1, 2]);
    expect(endpoints(states[1])).toEqual(['10.0.0.1 healthy', '10.0.0.2 healthy']);
    clock.advance(1_000);
    expect(states).toHaveLength(2);
  });

  it('tells what takes an endpoint away before the event returns, and what was waiting with it', async () => {
    const pods = podText({ name: 'p1', ip: '10.0.0.1' }) + podText({ name: 'p2', ip: '10.0.0.2' });
    const { clock, registry, states } = await run(serviceText() + pods);
    registry.upsert(...manifests(podText({ name: 'p3', ip: '10.0.0.3' })));
    registry.upsert(...manifests(podText({ name: 'p1', ip: '10.0.0.1', terminating: true })));
    expect(endpoints(states[1])).toEqual(['10.0.0.1 draining', '10.0.0.2 healthy', '10.0.0.3 healthy']);
    registry.upsert(...manifests(podText({ name: 'p2', ip: '10.0.0.2', ready: false })));
    expect(endpoints(states[2])).toEqual(['10.0.0.1 draining', '10.0.0.3 healthy']);
    registry.delete({ kind: 'Pod', namespace: 'default', name: 'p1' });
    expect(endpoints(states[3])).toEqual(['10.0.0.3 healthy']);
    clock.advance(1_000);
    expect(states).toHaveLength(4);
  });

  it('tells nothing where an event changed nothing that counts', async () => {
    const { clock, registry, states } = await run(serviceText() + podText({ name: 'p', ip: '10.0.0.1' }));
    registry.upsert(...manifests(podText({ name: 'p', ip: '10.0.0.1' })));
    registry.upsert(...manifests('apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n'));
    clock.advance(1_000);
    expect(states).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the present state to who subscribes later, and nothing after it is closed', async () => {
    const { clock, registry, plane, states } = await run(serviceText());
    const late: MeshState[] = [];
    plane.subscribe((state) => late.push(state));
    expect(late).toEqual(states);
    registry.upsert(...manifests(podText({ name: 'p', ip: '10.0.0.1' })));
    plane.close();
    plane.close();
    registry.delete(...manifests(serviceText()).map(({ object }) => keyOf(object)));
    clock.advance(1_000);
    expect(states).toHaveLength(1);
  });

  it('lets an old state answer as it was, for any view', async () => {
    const { registry, states } = await run(serviceText() + podText({ name: 'p', ip: '10.0.0.1' }));
    registry.delete({ kind: 'Pod', namespace: 'default', name: 'p' });
    expect([endpoints(states[0]), endpoints(states[1])]).toEqual([['10.0.0.1 healthy'], []]);
    const address = { host: '127.1.0.3', port: 15_001 };
    const snapshot = states[1]?.snapshotFor({ namespace: 'shop', outboundAddresses: [address] });
    expect(snapshot?.listeners.get('outbound')?.address).toEqual(address);
    expect([...(snapshot?.routes.keys() ?? [])]).toEqual(['proxy/shop']);
  });

  it('logs each problem once when it appears and once when it is gone, those before the start too', async () => {
    const registry = new MemoryRegistry();
    registry.setIssues([errorIssue('bad file', { source: 'x.yaml' })]);
    const { clock, log, states } = await run(serviceText(), [registry]);
    const missing =
      'test.yaml:5: spec.selector: the selector app=a matches no pod of its namespace, so the Service has no endpoints';
    const remedy = 'give the labels to the template of a workload';
    expect(log.take()).toEqual(['error x.yaml: bad file', `warn ${missing}; ${remedy}`]);
    expect(states[0]?.issues.map(renderIssue)).toEqual(['x.yaml: bad file', `${missing}; ${remedy}`]);
    registry.setIssues([]);
    registry.upsert(...manifests(podText({ name: 'p', ip: '10.0.0.1' })));
    clock.advance(50);
    expect(log.take()).toEqual(['info solved: x.yaml: bad file', `info solved: ${missing}`]);
    expect(states[1]?.issues).toEqual([]);
  });
});

describe('checked snapshots', () => {
  function meshes(): { readonly good: TextMesh; readonly bad: (snapshot: Snapshot) => boolean } {
    return { good: new TextMesh(serviceText()), bad: (snapshot) => snapshot.clusters.size > 1 };
  }

  it('keep the last good one of a view, and log the bug, where one does not hang together', () => {
    const { good, bad } = meshes();
    const log = new ListLog();
    const snapshots = new CheckedSnapshots(log, (snapshot) => (bad(snapshot) ? [errorIssue('broken')] : []));
    const first = snapshots.snapshotOf(good.translate(), VIEW);
    expect(first.clusters.size).toBe(1);
    const broken = good.add(serviceText('', 'b')).translate();
    expect(snapshots.snapshotOf(broken, VIEW)).toBe(first);
    expect(log.take()).toEqual([
      'error bug: the configuration does not hang together, the last good one stays: broken',
    ]);
    expect(snapshots.snapshotOf(broken, { ...VIEW, namespace: 'shop' })).toBe(EMPTY_SNAPSHOT);
    const mended = good.remove(serviceText('', 'b')).translate();
    expect(snapshots.snapshotOf(mended, VIEW)).toEqual(first);
  });

  it('check routes again only where routes or clusters changed', () => {
    const { good } = meshes();
    const checked: Snapshot[] = [];
    const snapshots = new CheckedSnapshots(new ListLog(), (snapshot) => {
      checked.push(snapshot);
      return [];
    });
    snapshots.snapshotOf(good.translate(), VIEW);
    snapshots.snapshotOf(good.add(podText({ name: 'p', ip: '10.0.0.1' })).translate(), VIEW);
    expect(checked.map(({ routes }) => routes.size)).toEqual([0, 1, 0]);
  });
});
