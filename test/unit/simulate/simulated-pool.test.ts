// Connections to a simulated pod, as far as they are counted: one for each request at a time, or one that carries all of them.
import { Figures } from '../../../src/simulate/figures.ts';
import { Scene } from '../../../src/simulate/scene.ts';
import { SimulatedHead } from '../../../src/simulate/simulated-head.ts';
import { SimulatedPod } from '../../../src/simulate/simulated-pod.ts';
import { SimulatedPool } from '../../../src/simulate/simulated-pool.ts';
import { VirtualClock } from '../../../src/simulate/virtual-clock.ts';

function scene(multiplexes: boolean) {
  const clock = new VirtualClock();
  const scene = new Scene(clock, 1, new Figures(1_000, ['GET']));
  const place = { number: 0, name: 'a', uid: 'a', host: '10.0.0.1', zone: '', revision: '1', createdAt: '' };
  const latency = { kind: 'fixed', ms: 5 } as const;
  const pod = new SimulatedPod(place, { count: 1, zones: [], latency, concurrency: 0, queue: 0 }, scene);
  const endpoint = { connectionsActive: 0, connectionsTotal: 0 };
  const cluster = { connectionsActive: 0, connectionsTotal: 0 };
  const pool = new SimulatedPool({
    ...{ scene, pod, endpoint, cluster, connectTimeoutMs: 5_000, multiplexes },
    counter: null,
  });
  const told: string[] = [];
  const exchange = {
    ...{ onInformational: () => {}, onUpgraded: () => {}, onResponseData: () => {}, onResponseBatchEnd: () => {} },
    onUpstreamWritable: () => {},
    onResponseHead: () => {},
    onResponseEnd: () => void told.push('answer'),
    onUpstreamFailure: (code: string, _detail: string, unsent: boolean) => void told.push(unsent ? 'unsent' : code),
  };
  const send = () => {
    const stream = pool.begin(exchange, 'GET', clock.now(), false);
    stream.sendHead(new SimulatedHead(), '', '');
    stream.endRequest('');
    return stream;
  };
  return { clock, pod, pool, endpoint, cluster, told, send };
}

describe('SimulatedPool', () => {
  it('has a connection for each of three requests at a time, and uses them again', () => {
    const { clock, endpoint, cluster, pool, send } = scene(false);
    for (let count = 0; count < 3; count += 1) send();
    expect(endpoint).toEqual({ connectionsActive: 3, connectionsTotal: 3 });
    clock.runUntil(10);
    expect(pool.idleCount).toBe(3);
    send();
    expect(cluster).toEqual({ connectionsActive: 3, connectionsTotal: 3 });
  });

  it('carries all requests on one connection of HTTP/2, which outlives those that are given up', () => {
    const { clock, endpoint, told, send } = scene(true);
    send();
    send().destroy();
    send();
    clock.runUntil(10);
    expect(told).toEqual(['answer', 'answer']);
    expect(endpoint).toEqual({ connectionsActive: 1, connectionsTotal: 1 });
  });

  it('loses that connection with its pod, once, and makes another when the pod is back', () => {
    const { clock, pod, endpoint, told, send } = scene(true);
    send();
    send();
    pod.kill();
    expect(told).toEqual(['upstream_connection_termination', 'upstream_connection_termination']);
    expect(endpoint).toEqual({ connectionsActive: 0, connectionsTotal: 1 });
    pod.revive();
    send();
    clock.runUntil(10);
    expect(endpoint).toEqual({ connectionsActive: 1, connectionsTotal: 2 });
  });

  it.each([false, true])(
    'counts no connection that never came to be, after 5 s of silence: HTTP/2 = %s',
    (multiplexes) => {
      const { clock, pod, endpoint, told, send } = scene(multiplexes);
      pod.setSilent(true);
      expect(send().connected).toBe(false);
      send();
      clock.runUntil(4_999);
      expect(told).toEqual([]);
      clock.runUntil(5_000);
      expect(told).toEqual(['unsent', 'unsent']);
      expect(endpoint.connectionsActive).toBe(0);
    },
  );

  it.each([false, true])(
    'closes what carries nothing when it is drained, the rest when it is done: HTTP/2 = %s',
    (multiplexes) => {
      const { clock, pool, endpoint, told, send } = scene(multiplexes);
      send();
      pool.drain();
      expect(endpoint.connectionsActive).toBe(1);
      clock.runUntil(10);
      expect(told).toEqual(['answer']);
      expect(endpoint.connectionsActive).toBe(0);
    },
  );
});
