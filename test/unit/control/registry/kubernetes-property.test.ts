// Any order of changes, pages, faults and silences: what stays on the server stays here, and in the end both are the same.
import fc from 'fast-check';
import { seededRandom } from '../../../../src/base/random.ts';
import { errorOfStatus } from '../../../../src/kube-api/kube-error.ts';
import { KubeRegistryScene } from '../../../support/kube-registry-scene.ts';
import { SERVICES } from '../../../support/kube-resources.ts';
import { turns } from '../../../support/until.ts';

const RUNS = 150;
const STABLE = ['stays-0', 'stays-1', 'stays-2'];
const ref = (name: string) => ({ namespace: 'default', name });
const service = (port: number) => ({ spec: { clusterIP: '10.96.0.9', ports: [{ port }] } });
const key = (name: string) => `Service default/${name}`;

type Action =
  | { readonly kind: 'put' | 'remove'; readonly name: string; readonly port: number }
  | { readonly kind: 'fail'; readonly verb: 'list' | 'watch'; readonly status: number; readonly times: number }
  | { readonly kind: 'hang'; readonly verb: 'list' | 'watch' }
  | { readonly kind: 'end' | 'break' | 'compact' | 'bookmark' }
  | { readonly kind: 'pass'; readonly ms: number };

const name = fc.integer({ min: 0, max: 5 }).map((n) => `moves-${n}`);
const verb = fc.constantFrom('list' as const, 'watch' as const);
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('put' as const, 'remove' as const),
      name,
      port: fc.integer({ min: 1, max: 9 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      verb,
      status: fc.constantFrom(401, 403, 410, 413, 429, 500, 503),
      times: fc.integer({ min: 1, max: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('hang' as const), verb }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom('end' as const, 'break' as const, 'compact' as const, 'bookmark' as const),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
);

async function act(scene: KubeRegistryScene, one: Action): Promise<void> {
  const { kube } = scene;
  switch (one.kind) {
    case 'put':
      return void kube.put(SERVICES, ref(one.name), service(one.port));
    case 'remove':
      return kube.remove(SERVICES, ref(one.name));
    case 'fail':
      return kube.failWith(one.verb, SERVICES, one.status, one.times);
    case 'hang':
      return kube.fail(`${one.verb} services`, null);
    case 'end':
      return kube.endWatches(SERVICES);
    case 'break':
      return kube.endWatches(SERVICES, errorOfStatus({ server: 's', verb: 'watch', resource: SERVICES }, 500, ''));
    case 'compact':
      return kube.compact();
    case 'bookmark':
      return kube.bookmark(SERVICES);
    case 'pass':
      return scene.pass(one.ms);
  }
}

/** What the server holds, by key. */
async function served(scene: KubeRegistryScene): Promise<ReadonlyMap<string, unknown>> {
  const { items } = await scene.kube.list(SERVICES, { limit: 1_000, continue: '' });
  return new Map(
    items.map((item) => [key((item['metadata'] as { name: string }).name), (item['spec'] as { ports: unknown }).ports]),
  );
}

describe('the registry of an API server, whatever happens', () => {
  it('takes nothing away that stays, and catches up with everything else', async () => {
    const scenario = fc.asyncProperty(fc.array(action, { maxLength: 30 }), fc.integer(), async (actions, seed) => {
      const scene = new KubeRegistryScene();
      const random = seededRandom(seed);
      Object.defineProperty(scene, 'chance', { get: () => random.next() });
      for (const stable of STABLE) scene.kube.put(SERVICES, ref(stable), service(80));
      await scene.start();
      for (const one of actions) {
        await act(scene, one);
        await turns(1);
        expect(STABLE.filter((stable) => !scene.held.has(key(stable)))).toEqual([]);
      }
      scene.kube.mend();
      // A watch that hangs is found after 130 s, and asked again within 30.
      await scene.pass(165_000);
      const held = [...scene.held].map(([id, object]) => [
        id,
        object.kind === 'Service' && object.spec.ports.map(({ port }) => ({ port })),
      ]);
      expect(new Map(held as [string, unknown][])).toEqual(await served(scene));
      expect(scene.issues).toEqual([]);
      await scene.close();
    });
    await fc.assert(scenario, { numRuns: RUNS });
  }, 120_000);
});
