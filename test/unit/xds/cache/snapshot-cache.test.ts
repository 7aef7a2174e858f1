// What the cache holds, shares, forgets and tells.
import type { NodeIdentity } from '../../../../src/model/node-identity.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../../../../src/model/snapshot.ts';
import { type ChangedNames, SnapshotCache } from '../../../../src/xds/cache/snapshot-cache.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';
import { ENDPOINT_TYPE } from '../../../../src/xds/resources/endpoint.ts';
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

function cacheOf(snapshotFor: (view: string) => Snapshot | null): SnapshotCache {
  return new SnapshotCache({ resolveView: (node) => node.namespace, snapshotFor });
}

function plain(changed: ChangedNames): Record<string, string[]> {
  return Object.fromEntries([...changed].map(([url, names]) => [url.slice(url.lastIndexOf('.') + 1), [...names]]));
}

describe('SnapshotCache', () => {
  it('asks for the snapshot of a view when its first client comes, and not again for the second', () => {
    const asked: string[] = [];
    const cache = cacheOf((view) => {
      asked.push(view);
      return twoServices(ONE);
    });
    cache.open(NODE, () => {});
    cache.open({ ...NODE, id: 'b' }, () => {});
    expect(asked).toEqual(['default']);
    expect(cache.views()).toEqual(['default']);
  });

  it('forgets a view when its last client goes', () => {
    const cache = cacheOf(() => twoServices(ONE));
    const first = cache.open(NODE, () => {});
    const second = cache.open(NODE, () => {});
    first.close();
    first.close();
    expect(cache.views()).toEqual(['default']);
    second.close();
    expect(cache.views()).toEqual([]);
  });

  it('keeps a client waiting while nothing is known, and tells it of the first snapshot', () => {
    const cache = cacheOf(() => null);
    const news: ChangedNames[] = [];
    const handle = cache.open(NODE, (changed) => news.push(changed));
    expect(handle.state(CLUSTER_TYPE.typeUrl)).toBeNull();
    cache.set('default', EMPTY_SNAPSHOT);
    expect(news.map(plain)).toEqual([{}]);
    expect(handle.state(CLUSTER_TYPE.typeUrl)?.resources.size).toBe(0);
  });

  it('tells the names that were added, changed and removed, by type, and nothing else', () => {
    const cache = cacheOf(() => twoServices(ONE));
    const news: ChangedNames[] = [];
    cache.open(NODE, (changed) => news.push(changed));
    cache.set('default', twoServices(ONE, TWO));
    cache.set('default', sampleSnapshot({ services: [{ name: 'a', endpoints: [ONE, TWO] }] }));
    expect(news.map(plain)).toEqual([
      { ClusterLoadAssignment: [sampleClusterName('a')] },
      {
        Cluster: [sampleClusterName('b')],
        ClusterLoadAssignment: [sampleClusterName('b')],
        RouteConfiguration: ['proxy/default'],
      },
    ]);
  });

  it('changes the version of a type only with its content, and gives the same content the same version everywhere', () => {
    const cache = cacheOf(() => twoServices(ONE));
    const handle = cache.open(NODE, () => {});
    const version = (typeUrl: string) => handle.state(typeUrl)?.version;
    const before = [version(CLUSTER_TYPE.typeUrl), version(ENDPOINT_TYPE.typeUrl)];
    cache.set('default', twoServices(TWO));
    expect(version(CLUSTER_TYPE.typeUrl)).toBe(before[0]);
    expect(version(ENDPOINT_TYPE.typeUrl)).not.toBe(before[1]);
    const restarted = cacheOf(() => twoServices(ONE)).open(NODE, () => {});
    expect([restarted.state(CLUSTER_TYPE.typeUrl)?.version, restarted.state(ENDPOINT_TYPE.typeUrl)?.version]).toEqual(
      before,
    );
  });

  it('keeps the encoding of what did not change, also when its spec is a new object', () => {
    const cache = cacheOf(() => twoServices(ONE));
    const handle = cache.open(NODE, () => {});
    const resource = () => handle.state(ENDPOINT_TYPE.typeUrl)?.resources.get(sampleClusterName('b'));
    const before = resource();
    cache.set('default', twoServices(TWO));
    expect(resource()).toBe(before);
  });

  it('encodes a spec that several views share once', () => {
    const snapshot = twoServices(ONE);
    const cache = cacheOf(() => snapshot);
    const state = (namespace: string) =>
      cache
        .open({ ...NODE, namespace }, () => {})
        .state(CLUSTER_TYPE.typeUrl)
        ?.resources.get(sampleClusterName('a'));
    expect(state('one')).toBe(state('two'));
  });

  it('leaves a view without clients alone', () => {
    const cache = cacheOf(() => twoServices(ONE));
    cache.set('nobody', twoServices(TWO));
    expect(cache.views()).toEqual([]);
  });
});
