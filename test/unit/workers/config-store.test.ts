// What a worker that begins later is told at once.
import { ConfigStore } from '../../../src/workers/config-store.ts';

describe('a worker that begins later', () => {
  it('is told which Service the pod is behind, and not again what its siblings hold', () => {
    const store = new ConfigStore();
    const hints = { name: 'siblings', routes: ['web.default.svc.cluster.local:80'], home: 'front:80' };
    store.put({ hints: { upserted: [hints], removed: [] } });
    expect(store.whole().hints).toEqual({ upserted: [{ ...hints, routes: [] }], removed: [] });
  });

  it('is told of no Service where the pod is behind none', () => {
    const store = new ConfigStore();
    store.put({ hints: { upserted: [{ name: 'siblings', routes: [] }], removed: [] } });
    expect(store.whole().hints).toEqual({ upserted: [], removed: [] });
  });
});
