// Which pods are started and stopped, case by case and to the end of every roll.
import { type PlanAction, type PlannedPod, type PlannedWorkload, plan } from '../../../src/local/plan.ts';

function deployment(replicas: number, templateHash = 'v1'): PlannedWorkload {
  return { key: 'web', kind: 'Deployment', replicas, templateHash, metadataHash: '', ordered: false };
}

function statefulSet(replicas: number, templateHash = 'v1', ordered = true): PlannedWorkload {
  return { key: 'db', kind: 'StatefulSet', replicas, templateHash, metadataHash: '', ordered };
}

const barePod: PlannedWorkload = {
  key: 'one',
  kind: 'Pod',
  replicas: 1,
  templateHash: 'v1',
  metadataHash: 'm1',
  ordered: false,
};

let sequence = 0;

function pod(id: string, given: Partial<PlannedPod> = {}): PlannedPod {
  sequence += 1;
  return {
    id,
    workload: 'web',
    templateHash: 'v1',
    metadataHash: '',
    ordinal: null,
    ready: true,
    terminating: false,
    sequence,
    ...given,
  };
}

function member(ordinal: number, given: Partial<PlannedPod> = {}): PlannedPod {
  return pod(`db-${ordinal}`, { workload: 'db', ordinal, ...given });
}

function brief(actions: readonly PlanAction[]): string[] {
  return actions.map((action) => {
    if (action.do === 'create') return action.ordinal === null ? 'create' : `create ${action.ordinal}`;
    return action.do === 'stop' ? `stop ${action.pod} (${action.reason})` : `relabel ${action.pod}`;
  });
}

/** Carries plans out until nothing is left to do; new pods become ready and stopped ones go between two rounds. */
function simulate(
  workload: PlannedWorkload,
  start: readonly PlannedPod[],
  watch: (pods: readonly PlannedPod[]) => void,
): PlannedPod[] {
  let pods = [...start];
  for (let round = 0; round < 100; round += 1) {
    const actions = plan([workload], pods);
    if (actions.length === 0) return pods;
    const stopped = new Set(actions.flatMap((action) => (action.do === 'stop' ? [action.pod] : [])));
    const created = actions.flatMap((action) =>
      action.do === 'create'
        ? [
            pod(`new-${sequence}`, {
              workload: workload.key,
              templateHash: workload.templateHash,
              ordinal: action.ordinal,
              ready: false,
            }),
          ]
        : [],
    );
    pods = [...pods.map((old) => (stopped.has(old.id) ? { ...old, terminating: true } : old)), ...created];
    watch(pods);
    pods = pods.filter((old) => !old.terminating).map((old) => ({ ...old, ready: true }));
  }
  throw new Error('the plan never comes to rest');
}

describe('plan of a Deployment', () => {
  it('starts all of its pods at once', () => {
    expect(brief(plan([deployment(3)], []))).toEqual(['create', 'create', 'create']);
  });

  it('leaves the others alone when it scales up', () => {
    expect(brief(plan([deployment(3)], [pod('a'), pod('b')]))).toEqual(['create']);
  });

  it('stops those that are not ready first when it scales down, then the youngest', () => {
    const pods = [pod('old'), pod('middle'), pod('sick', { ready: false }), pod('young')];
    expect(brief(plan([deployment(2)], pods))).toEqual(['stop sick (scaled-down)', 'stop young (scaled-down)']);
  });

  it('does not count terminating pods', () => {
    expect(brief(plan([deployment(1)], [pod('a', { terminating: true })]))).toEqual(['create']);
  });

  it('begins a roll with one new pod and stops nothing before that one is ready', () => {
    const old = [pod('a'), pod('b')];
    expect(brief(plan([deployment(2, 'v2')], old))).toEqual(['create']);
    const fresh = pod('n', { templateHash: 'v2', ready: false });
    expect(plan([deployment(2, 'v2')], [...old, fresh])).toEqual([]);
    expect(brief(plan([deployment(2, 'v2')], [...old, { ...fresh, ready: true }]))).toEqual([
      'create',
      'stop a (replaced)',
    ]);
  });

  it('replaces outdated pods that are not ready at once', () => {
    const old = [pod('a', { ready: false }), pod('b', { ready: false })];
    expect(brief(plan([deployment(2, 'v2')], old))).toEqual([
      'create',
      'create',
      'stop a (replaced)',
      'stop b (replaced)',
    ]);
  });

  it.each([1, 2, 3, 10])('never has fewer than %i ready pods in a roll, nor more than one above', (replicas) => {
    const start = Array.from({ length: replicas }, (_, index) => pod(`old-${index}`));
    const end = simulate(deployment(replicas, 'v2'), start, (pods) => {
      const live = pods.filter((one) => !one.terminating);
      expect(live.filter((one) => one.ready).length).toBeGreaterThanOrEqual(replicas);
      expect(live.length).toBeLessThanOrEqual(replicas + 1);
    });
    expect(end.map((one) => one.templateHash)).toEqual(Array.from({ length: replicas }, () => 'v2'));
  });

  it('scales to 0', () => {
    expect(brief(plan([deployment(0)], [pod('a')]))).toEqual(['stop a (scaled-down)']);
  });

  it('stops every pod of a workload that is gone', () => {
    expect(brief(plan([], [pod('a'), pod('b', { terminating: true })]))).toEqual(['stop a (deleted)']);
  });
});

describe('plan of a StatefulSet', () => {
  it('starts its pods one after the other, each when the one before is ready', () => {
    expect(brief(plan([statefulSet(2)], []))).toEqual(['create 0']);
    expect(plan([statefulSet(2)], [member(0, { ready: false })])).toEqual([]);
    expect(brief(plan([statefulSet(2)], [member(0)]))).toEqual(['create 1']);
  });

  it('scales down from the highest number, one at a time', () => {
    expect(brief(plan([statefulSet(1)], [member(0), member(1), member(2)]))).toEqual(['stop db-2 (scaled-down)']);
    expect(plan([statefulSet(1)], [member(0), member(1), member(2, { terminating: true })])).toEqual([]);
  });

  it('rolls from the highest number to 0 and gives each its number back', () => {
    expect(brief(plan([statefulSet(2, 'v2')], [member(0), member(1)]))).toEqual(['stop db-1 (replaced)']);
    expect(brief(plan([statefulSet(2, 'v2')], [member(0)]))).toEqual(['create 1']);
    expect(brief(plan([statefulSet(2, 'v2')], [member(0), member(1, { templateHash: 'v2' })]))).toEqual([
      'stop db-0 (replaced)',
    ]);
  });

  it('replaces an outdated pod that will never be ready', () => {
    expect(brief(plan([statefulSet(1, 'v2')], [member(0, { ready: false })]))).toEqual(['stop db-0 (replaced)']);
  });

  it('comes to rest with all pods of the new template', () => {
    const end = simulate(statefulSet(3, 'v2'), [member(0), member(1), member(2)], () => {});
    expect(end.map((one) => [one.ordinal, one.templateHash]).sort()).toEqual([
      [0, 'v2'],
      [1, 'v2'],
      [2, 'v2'],
    ]);
  });

  it('starts and stops all at once where its policy is Parallel, and still rolls one by one', () => {
    expect(brief(plan([statefulSet(2, 'v1', false)], []))).toEqual(['create 0', 'create 1']);
    expect(brief(plan([statefulSet(0, 'v1', false)], [member(0), member(1)]))).toEqual([
      'stop db-1 (scaled-down)',
      'stop db-0 (scaled-down)',
    ]);
    expect(brief(plan([statefulSet(2, 'v2', false)], [member(0), member(1)]))).toEqual(['stop db-1 (replaced)']);
    expect(plan([statefulSet(2, 'v2', false)], [member(0), member(1, { templateHash: 'v2', ready: false })])).toEqual(
      [],
    );
  });
});

describe('plan of a bare Pod', () => {
  const running = pod('one', { workload: 'one', metadataHash: 'm1' });

  it('stops the old one before it starts the new one, for they share a name', () => {
    const changed = { ...barePod, templateHash: 'v2' };
    expect(brief(plan([changed], [running]))).toEqual(['stop one (replaced)']);
    expect(plan([changed], [{ ...running, terminating: true }])).toEqual([]);
    expect(brief(plan([changed], []))).toEqual(['create']);
  });

  it('gives it new labels where it runs', () => {
    expect(brief(plan([{ ...barePod, metadataHash: 'm2' }], [running]))).toEqual(['relabel one']);
    expect(plan([barePod], [running])).toEqual([]);
  });
});
