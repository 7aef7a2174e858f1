// What a new pod is told that its siblings hold.
import { type DiallingClient, MAX_NAMES, MAX_SIBLINGS, PrefetchHints } from '../../../src/control/prefetch-hints.ts';
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
  return new PrefetchHints(workloadOf).of(node(pod), clients).routes;
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
    expect(new PrefetchHints(workloadOf).of(node('web-0'), clients)).toEqual({ name: 'siblings', routes: ['cart:80'] });
  });

  it('say what the pod itself is behind, where somebody knows that, whoever is connected', () => {
    const homeOf = (namespace: string, pod: string) =>
      pod === 'web-0' ? `web.${namespace}.svc.cluster.local:80` : null;
    const hints = new PrefetchHints(workloadOf, homeOf);
    const home = 'web.default.svc.cluster.local:80';
    expect(hints.of(node('web-0'), [])).toEqual({ name: 'siblings', routes: [], home });
    expect(hints.of(node('web-1'), [])).toEqual({ name: 'siblings', routes: [] });
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
    expect(new PrefetchHints(workloadOf).of(node('web-0'), clients()).routes).toHaveLength(MAX_SIBLINGS);
    expect(asked).toBe(MAX_SIBLINGS);
  });

  it('look at 1,000 names of a sibling', () => {
    const many = Array.from({ length: MAX_NAMES }, (_, i) => `service-${i}:80`);
    const beyond = [...many, 'last:80'];
    expect(hintsFor([holding('web-1', beyond), holding('web-2', beyond), holding('web-3', ['last:80'])])[0]).toBe(
      'service-0:80',
    );
    expect(hintsFor([holding('web-1', ['last:80']), holding('web-2', ['last:80'])])).toEqual(['last:80']);
  });

  it('ask once for the workload of a client, however many pods are new, and again for one that nobody knew', () => {
    const asked: string[] = [];
    let known = false;
    const hints = new PrefetchHints((namespace, pod) => {
      asked.push(pod);
      return pod === 'web-late' && !known ? null : workloadOf(namespace, pod);
    });
    const clients = [holding('web-1', ['a:80']), holding('web-late', ['b:80'])];
    expect(hints.of(node('web-new'), clients).routes).toEqual(['a:80']);
    known = true;
    expect(hints.of(node('web-newer'), clients).routes).toEqual(['a:80', 'b:80']);
    hints.of(node('web-newest'), clients);
    expect(asked).toEqual(['web-new', 'web-1', 'web-late', 'web-newer', 'web-late', 'web-newest']);
  });
});
