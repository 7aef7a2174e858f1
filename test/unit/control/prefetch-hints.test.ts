// What a new pod is told that its siblings hold.
import { type DiallingClient, MAX_SIBLINGS, prefetchHints } from '../../../src/control/prefetch-hints.ts';
import { type NodeIdentity, sidecarNodeId } from '../../../src/model/node-identity.ts';
import { MAX_PREFETCH_HINTS } from '../../../src/model/prefetch-hints-spec.ts';

function node(pod: string, namespace = 'default'): NodeIdentity {
  return { id: sidecarNodeId('10.0.0.1', pod, namespace, 'cluster.local'), namespace, outboundAddresses: [] };
}

function holding(pod: string, routes: readonly string[], namespace = 'default'): DiallingClient {
  return { node: node(pod, namespace), routes: new Set(routes) };
}

/** `web-1` is a pod of the workload `web`; a pod called `?` is known to nobody. */
function workloadOf(namespace: string, pod: string): string | null {
  return pod === '?' ? null : `${namespace}/${pod.split('-')[0]}`;
}

function hintsFor(clients: readonly DiallingClient[], pod = 'web-0'): readonly string[] {
  return prefetchHints(node(pod), clients, workloadOf).routes;
}

describe('prefetch hints', () => {
  it('are what pods of the same workload and namespace hold, and nobody else', () => {
    const clients = [
      holding('web-1', ['cart:80']),
      holding('cart-1', ['db:5432']),
      holding('web-2', ['other:80'], 'shop'),
      holding('?', ['unknown:80']),
      { node: { ...node('web-3'), id: 'a node id of another form' }, routes: new Set(['strange:80']) },
    ];
    expect(prefetchHints(node('web-0'), clients, workloadOf)).toEqual({ name: 'siblings', routes: ['cart:80'] });
  });

  it('begin with what most siblings hold; what as many hold stands in the order of its names', () => {
    const clients = [
      holding('web-1', ['c:80', 'b:80']),
      holding('web-2', ['c:80', 'a:80']),
      holding('web-3', ['c:80']),
    ];
    expect(hintsFor(clients)).toEqual(['c:80', 'a:80', 'b:80']);
  });

  it('are none for a pod that nobody knows, and for the first of its workload', () => {
    const clients = [holding('?', ['a:80']), holding('web-1', ['a:80'])];
    expect(hintsFor(clients, '?')).toEqual([]);
    expect(hintsFor(clients, 'api-0')).toEqual([]);
    expect(hintsFor([], 'web-0')).toEqual([]);
  });

  it('are at most 100 names', () => {
    const many = Array.from({ length: 2 * MAX_PREFETCH_HINTS }, (_, i) => `service-${i}:80`);
    expect(hintsFor([holding('web-1', many), holding('web-2', ['z:80', 'service-0:80'])])).toHaveLength(100);
    expect(hintsFor([holding('web-1', many), holding('web-2', ['z:80', 'service-0:80'])])[0]).toBe('service-0:80');
  });

  it('are asked of 20 siblings that hold something, the first of them, however many there are', () => {
    let asked = 0;
    function* clients(): Generator<DiallingClient> {
      yield holding('web-new', []);
      for (let i = 0; i < 1_000; i += 1) {
        asked += 1;
        yield holding(`web-${i}`, [`of-${i}:80`]);
      }
    }
    expect(prefetchHints(node('web-0'), clients(), workloadOf).routes).toHaveLength(MAX_SIBLINGS);
    expect(asked).toBe(MAX_SIBLINGS);
  });
});
