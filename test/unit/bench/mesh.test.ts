// The mesh of the control-plane bench, as the real control plane understands it.
import {
  answeringSlice,
  changesOf,
  clusterOf,
  hostOf,
  namespaceOf,
  routesOf,
  serviceObject,
  sliceObject,
} from '../../../bench/control-plane/mesh.ts';
import { ControlPlane } from '../../../src/control/control-plane.ts';
import { MemoryRegistry } from '../../../src/control/registry/memory.ts';
import { type Located, locate } from '../../../src/kube/meta.ts';
import type { KubeObject } from '../../../src/kube/objects.ts';
import { ListLog } from '../../support/list-log.ts';
import { ManualClock } from '../../support/manual-clock.ts';

const SERVICE = 27;

function located(object: KubeObject): Located<KubeObject> {
  return locate(object, 'bench');
}

async function controlPlane(slice: KubeObject) {
  const registry = new MemoryRegistry('bench', false);
  registry.upsert(located(serviceObject(SERVICE)), located(slice));
  const clock = new ManualClock();
  const plane = new ControlPlane({ registries: [registry], clock, log: new ListLog(), clusterDomain: 'cluster.local' });
  plane.start();
  await Promise.resolve(); // the registry tells its beginning
  const view = { namespace: namespaceOf(SERVICE), outboundAddresses: [], onDemand: true };
  const state = () => plane.state?.snapshotFor(view);
  const endpoints = () =>
    state()
      ?.endpoints.get(clusterOf(SERVICE))
      ?.localities.flatMap((locality) => locality.endpoints)
      .filter(({ health }) => health === 'healthy') ?? [];
  return { registry, clock, plane, state, endpoints };
}

describe('the mesh of the bench', () => {
  it('becomes a cluster, endpoints and routes under the names that subscribers ask for, without issues', async () => {
    const { plane, state, endpoints } = await controlPlane(sliceObject(SERVICE, 10, true));
    expect([...(state()?.clusters.keys() ?? [])]).toEqual([clusterOf(SERVICE)]);
    expect(clusterOf(SERVICE)).toBe(`outbound|80|${hostOf(SERVICE)}`);
    expect([...(state()?.routes.keys() ?? [])]).toEqual([routesOf(SERVICE)]);
    expect([...(state()?.names.keys() ?? [])]).toEqual([hostOf(SERVICE)]);
    expect(endpoints()).toHaveLength(10);
    expect(plane.state?.issues).toEqual([]);
  });

  it('tells of an endpoint that goes at once, of one that comes after the debounce', async () => {
    const { registry, clock, endpoints } = await controlPlane(sliceObject(SERVICE, 10, true));
    registry.upsert(located(sliceObject(SERVICE, 10, false)));
    expect(endpoints()).toHaveLength(9);
    registry.upsert(located(sliceObject(SERVICE, 10, true)));
    expect(endpoints()).toHaveLength(9);
    clock.advance(50);
    expect(endpoints()).toHaveLength(10);
  });

  it('leads to one pod on 127.0.0.1 where a Service has to answer', async () => {
    const { endpoints } = await controlPlane(answeringSlice(SERVICE, 4_321));
    expect(endpoints()).toMatchObject([{ host: '127.0.0.1', port: 4_321 }]);
  });
});

describe('changesOf', () => {
  it.each([
    [200, 1_000],
    [100, 100],
    [50, 7_919],
  ])('changes %d of %d Services once each, by turns taking and bringing an endpoint', (count, services) => {
    const changes = changesOf(count, services);
    expect(new Set(changes.map(({ service }) => service)).size).toBe(count);
    expect(changes.every(({ service }) => service >= 0 && service < services)).toBe(true);
    expect(changes.map(({ kind }) => kind).filter((kind) => kind === 'gone')).toHaveLength(count / 2);
  });
});
