// Figures of several workers as those of one sidecar.
import { silentLog } from '../../../src/base/log.ts';
import { OverloadMonitor } from '../../../src/proxy/overload-monitor.ts';
import { Histogram } from '../../../src/telemetry/histogram.ts';
import { listStats, renderPrometheus } from '../../../src/telemetry/prometheus.ts';
import type { StatSource } from '../../../src/telemetry/stats.ts';
import { LARGEST_GAUGES, recordStats, StatSum } from '../../../src/workers/stat-record.ts';
import { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { ScriptedDemand } from '../../support/scripted-demand.ts';

function source(requests: number, active: number, times: readonly number[], members = 3): StatSource {
  const histogram = new Histogram();
  for (const time of times) histogram.record(time);
  return {
    collect(sink) {
      sink.counter('cluster', 'a', 'upstream_rq_total', requests);
      sink.gauge('cluster', 'a', 'upstream_rq_active', active);
      sink.gauge('cluster', 'a', 'membership_total', members);
      sink.histogram('cluster', 'a', 'upstream_rq_time', histogram);
    },
  };
}

describe('StatSum', () => {
  it('adds counters, histograms and gauges that are parts of a whole; of others it tells the largest', () => {
    const sum = new StatSum();
    sum.add(structuredClone(recordStats([source(3, 1, [0.2, 7])])));
    sum.add(structuredClone(recordStats([source(4, 2, [7], 2)])));
    expect(Object.fromEntries(listStats([sum]))).toEqual({
      'cluster.a.upstream_rq_total': 7,
      'cluster.a.upstream_rq_active': 3,
      'cluster.a.membership_total': 3,
      'cluster.a.upstream_rq_time.count': 3,
      'cluster.a.upstream_rq_time.sum': 14.2,
    });
    expect(renderPrometheus([sum])).toContain('upstream_rq_time_bucket{envoy_cluster_name="a",le="10"} 3');
  });

  it('keeps what a worker that is gone has counted, and not what it had', () => {
    const sum = new StatSum();
    sum.addCounts(recordStats([source(3, 1, [7])]));
    sum.add(recordStats([source(4, 2, [])]));
    const stats = listStats([sum]);
    expect(stats.get('cluster.a.upstream_rq_total')).toBe(7);
    expect(stats.get('cluster.a.upstream_rq_active')).toBe(2);
    expect(stats.get('cluster.a.upstream_rq_time.count')).toBe(1);
  });

  it('is what one source tells where there is one', async () => {
    const live = await LivePlane.start({ services: { a: [{ host: '127.0.0.1', port: 9 }] } });
    const sum = new StatSum();
    sum.add(structuredClone(recordStats([live.plane])));
    expect(new Map([...listStats([sum])].sort())).toEqual(new Map([...listStats([live.plane])].sort()));
    await live.close();
  });

  it('knows of each gauge of a data plane whether it is a part of a whole', async () => {
    const eager = await LivePlane.start({ services: { a: [{ host: '127.0.0.1', port: 9 }] } });
    const demanding = await LivePlane.start({ onDemand: new ScriptedDemand().spec() });
    const clock = new ManualClock();
    const overload = { clock, log: silentLog, lagMarkMs: 1, memoryMarkBytes: 1, usedMemoryBytes: () => 0 };
    const groups = recordStats([eager.plane, demanding.plane, new OverloadMonitor(overload)]);
    const all = groups.flatMap(({ family, gauges }) => gauges.names.map((name) => `${family}.${name}`));
    const names = all.filter((name) => !LARGEST_GAUGES.has(name));
    // One that is no part of a whole, by its name, belongs to LARGEST_GAUGES.
    expect(names.filter((name) => !/_(active|waiting|bytes)$/.test(name))).toEqual([]);
    expect(names.length).toBeGreaterThan(5);
    await Promise.all([eager.close(), demanding.close()]);
  });
});
