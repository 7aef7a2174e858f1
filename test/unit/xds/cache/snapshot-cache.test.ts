// What the cache holds, shares, forgets and tells.
import type { NodeIdentity } from '../../../../src/model/node-identity.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../../src/model/snapshot.ts';
import { type ChangedNames, SnapshotCache, type ViewHandle } from '../../../../src/xds/cache/snapshot-cache.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';
import { ENDPOINT_TYPE } from '../../../../src/xds/resources/endpoint.ts';
import { RESOURCE_TYPES } from '../../../../src/xds/resources/index.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';

const NODE: NodeIdentity = { id: 'a', namespace: 'default', outboundAddresses: [] };
const ONE = { host: '127.1.0.1', port: 8080 };
const TWO = { host: '127.1.0.2', port: 8080 };

function twoServices(...endpoints: (typeof ONE)[]): Snapshot {
  return sampleSnapshot({
    services: [
      { name: 'a', endpoints },
      { name: 'b', endpoints: [ONE] },
    ],
  });
}

/** A control plane that knows what it was told last; namespaces are views. */
class SampleSource {
  snapshot: Snapshot | null;
  /** Namespaces for which it was asked. */
  readonly asked: string[] = [];
  readonly cache: SnapshotCache;

  constructor(snapshot: Snapshot | null) {
    this.snapshot = snapshot;
    this.cache = new SnapshotCache({
      resolveView: (node) => node.namespace,
      snapshotFor: (node) => {
        this.asked.push(node.namespace);
        return this.snapshot;
      },
    });
  }

  set(snapshot: Snapshot): void {
    this.snapshot = snapshot;
    this.cache.refresh();
  }
}

/** As a client that asks for everything would. */
function takeAll(handle: ViewHandle): void {
  for (const { typeUrl } of RESOURCE_TYPES) {
    for (const { any } of handle.state(typeUrl)?.resources.values() ?? []) expect(any.length).toBeGreaterThan(0);
  }
}

function plain(changed: ChangedNames): Record<string, string[]> {
  return Object.fromEntries([...changed].map(([url, names]) => [url.slice(url.lastIndexOf('.') + 1), [...names]]));
}

describe('SnapshotCache', () => {
  it('asks for the snapshot of a view when its first client comes, and not again for the second', () => {
    const { cache, asked } = new SampleSource(twoServices(ONE));
    cache.open(NODE, () => {});
    cache.open({ ...NODE, id: 'b' }, () => {});
    expect(asked).toEqual(['default']);
    expect(cache.views()).toEqual(['default']);
  });

  it('forgets a view when its last client goes, and asks for it no more', () => {
    const { cache, asked } = new SampleSource(twoServices(ONE));
    const first = cache.open(NODE, () => {});
    const second = cache.open(NODE, () => {});
    first.close();
    first.close();
    expect(cache.views()).toEqual(['default']);
    second.close();
    expect(cache.views()).toEqual([]);
    cache.refresh();
    expect(asked).toEqual(['default']);
  });

  it('keeps a client waiting while nothing is known, and tells it of the first snapshot', () => {
    const source = new SampleSource(null);
    const news: ChangedNames[] = [];
    const handle = source.cache.open(NODE, (changed) => news.push(changed));
    source.cache.refresh();
    expect(handle.state(CLUSTER_TYPE.typeUrl)).toBeNull();
    source.set(EMPTY_SNAPSHOT);
    expect(news.map(plain)).toEqual([{}]);
    expect(handle.state(CLUSTER_TYPE.typeUrl)?.resources.size).toBe(0);
  });

  it('tells the names that were added, changed and removed, by type, and nothing else', () => {
    const source = new SampleSource(twoServices(ONE));
    const news: ChangedNames[] = [];
    const handle = source.cache.open(NODE, (changed) => news.push(changed));
    takeAll(handle);
    source.set(twoServices(ONE, TWO));
    takeAll(handle);
    source.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [ONE, TWO] }] }));
    const gone = [sampleClusterName('b')];
    expect(news.map(plain)).toEqual([
      { ClusterLoadAssignment: [sampleClusterName('a')] },
      { Cluster: gone, ClusterLoadAssignment: gone, RouteConfiguration: ['proxy/default'] },
    ]);
  });

  it('tells nothing of a snapshot that it has already', () => {
    const source = new SampleSource(twoServices(ONE));
    const news: ChangedNames[] = [];
    source.cache.open(NODE, (changed) => news.push(changed));
    source.cache.refresh();
    expect(news).toEqual([]);
  });

  it('encodes nothing before somebody is told of it, and then that alone', () => {
    const handle = new SampleSource(twoServices(ONE)).cache.open(NODE, () => {});
    const encoded = () =>
      RESOURCE_TYPES.flatMap(({ typeUrl }) => [...(handle.state(typeUrl)?.resources.values() ?? [])])
        .filter(({ isEncoded }) => isEncoded)
        .map(({ name }) => name);
    expect(encoded()).toEqual([]);
    handle.state(CLUSTER_TYPE.typeUrl)?.find(sampleClusterName('a'))?.version;
    expect(encoded()).toEqual([sampleClusterName('a')]);
  });

  it('takes for changed what nobody was told of, without encoding it to compare', () => {
    const source = new SampleSource(twoServices(ONE));
    const news: ChangedNames[] = [];
    const handle = source.cache.open(NODE, (changed) => news.push(changed));
    source.set(twoServices(ONE));
    expect(news.map(plain)).toMatchObject([{ Cluster: [sampleClusterName('a'), sampleClusterName('b')] }]);
    expect(handle.state(CLUSTER_TYPE.typeUrl)?.find(sampleClusterName('a'))?.isEncoded).toBe(false);
  });

  it('keeps the encoding of what did not change, also when its spec is a new object', () => {
    const source = new SampleSource(twoServices(ONE));
    const handle = source.cache.open(NODE, () => {});
    const resource = () => handle.state(ENDPOINT_TYPE.typeUrl)?.resources.get(sampleClusterName('b'));
    takeAll(handle);
    const before = resource();
    source.set(twoServices(TWO));
    expect(resource()).toBe(before);
  });

  it('encodes a spec that several views share once', () => {
    const { cache } = new SampleSource(twoServices(ONE));
    const state = (namespace: string) =>
      cache
        .open({ ...NODE, namespace }, () => {})
        .state(CLUSTER_TYPE.typeUrl)
        ?.resources.get(sampleClusterName('a'));
    expect(state('one')).toBe(state('two'));
  });
});
