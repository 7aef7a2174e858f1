// Statistics on their way between processes, and the sum of those of several workers.
import { Histogram } from '../telemetry/histogram.ts';
import type { StatFamily, StatSink, StatSource } from '../telemetry/stats.ts';

/** Names and what stands under each. Clusters have the same names: one list for all of them, so that it travels once. */
interface Column<Value> {
  readonly names: readonly string[];
  readonly values: readonly Value[];
}

export type HistogramRecord = Pick<Histogram, 'counts' | 'sum' | 'count'>;

/** Of one cluster, one listener … */
interface StatGroup {
  readonly family: StatFamily;
  readonly instance: string;
  readonly counters: Column<number>;
  readonly gauges: Column<number>;
  readonly histograms: Column<HistogramRecord>;
}

/** All that some sources tell at one moment, as plain data. */
export type StatRecord = readonly StatGroup[];

/** Gauges that say the same of every worker, or of which the worst counts: the largest is told. The others are parts of a whole. */
export const LARGEST_GAUGES: ReadonlySet<string> = new Set([
  'cluster.membership_total',
  'cluster.membership_healthy',
  'cluster.version',
  'cluster.client_affinity_clients',
  'cluster.outlier_detection.ejections_active',
  'cluster.outlier_detection.ejections_shadow_active',
  'cluster.health_check.healthy',
  'cluster.health_check.degraded',
  'cluster.circuit_breakers.default.cx_open',
  'cluster.circuit_breakers.default.cx_pool_open',
  'cluster.circuit_breakers.default.rq_pending_open',
  'cluster.circuit_breakers.default.rq_open',
  'cluster.circuit_breakers.default.rq_retry_open',
  'cluster.circuit_breakers.high.cx_open',
  'cluster.circuit_breakers.high.cx_pool_open',
  'cluster.circuit_breakers.high.rq_pending_open',
  'cluster.circuit_breakers.high.rq_open',
  'cluster.circuit_breakers.high.rq_retry_open',
  'overload.stop_accepting_requests_active',
  'overload.event_loop_lag_ms',
  'http.detection_learnt',
  'http.adaptive_concurrency.gradient_controller.concurrency_limit',
  'http.adaptive_concurrency.gradient_controller.gradient',
  'http.adaptive_concurrency.gradient_controller.burst_queue_size',
  'http.adaptive_concurrency.gradient_controller.min_rtt_msecs',
  'http.adaptive_concurrency.gradient_controller.sample_rtt_msecs',
  'http.adaptive_concurrency.gradient_controller.min_rtt_calculation_active',
  'control_plane.on_demand_names',
  'control_plane.on_demand_held',
  'control_plane.on_demand_prefetch_waiting',
]);

/** The numbers of one cluster, listener …, by name. */
interface Group {
  readonly family: StatFamily;
  readonly instance: string;
  readonly counters: Map<string, number>;
  readonly gauges: Map<string, number>;
  readonly histograms: Map<string, HistogramRecord>;
}

class Groups {
  readonly #all = new Map<string, Group>();
  #last: Group | null = null;

  /** Who tells numbers tells those of one thing after the other. */
  at(family: StatFamily, instance: string): Group {
    if (this.#last?.instance === instance && this.#last.family === family) return this.#last;
    const key = `${family}\n${instance}`;
    let group = this.#all.get(key);
    if (group === undefined) {
      group = { family, instance, counters: new Map(), gauges: new Map(), histograms: new Map() };
      this.#all.set(key, group);
    }
    this.#last = group;
    return group;
  }

  all(): Iterable<Group> {
    return this.#all.values();
  }
}

export function recordStats(sources: readonly StatSource[]): StatRecord {
  const groups = new Groups();
  const sink: StatSink = {
    counter: (family, instance, name, value) => void groups.at(family, instance).counters.set(name, value),
    gauge: (family, instance, name, value) => void groups.at(family, instance).gauges.set(name, value),
    histogram(family, instance, name, { counts, sum, count }) {
      groups.at(family, instance).histograms.set(name, { counts, sum, count });
    },
  };
  for (const source of sources) source.collect(sink);
  const lists = new Map<string, readonly string[]>();
  const column = <Value>(values: ReadonlyMap<string, Value>): Column<Value> => {
    const names = [...values.keys()];
    const key = names.join('\n');
    const known = lists.get(key);
    if (known === undefined) lists.set(key, names);
    return { names: known ?? names, values: [...values.values()] };
  };
  return Array.from(groups.all(), ({ family, instance, counters, gauges, histograms }) => {
    return { family, instance, counters: column(counters), gauges: column(gauges), histograms: column(histograms) };
  });
}

export class StatSum implements StatSource {
  readonly #groups = new Groups();

  add(record: StatRecord): void {
    this.addCounts(record);
    for (const { family, instance, gauges } of record) {
      const sums = this.#groups.at(family, instance).gauges;
      for (const [at, name] of gauges.names.entries()) {
        const value = gauges.values[at] ?? 0;
        const before = sums.get(name) ?? 0;
        sums.set(name, LARGEST_GAUGES.has(`${family}.${name}`) ? Math.max(before, value) : before + value);
      }
    }
  }

  /** Of a worker that is no more: what it has counted stays, what it had is gone. */
  addCounts(record: StatRecord): void {
    for (const { family, instance, counters, histograms } of record) {
      const group = this.#groups.at(family, instance);
      for (const [at, name] of counters.names.entries()) {
        group.counters.set(name, (group.counters.get(name) ?? 0) + (counters.values[at] ?? 0));
      }
      for (const [at, name] of histograms.names.entries()) {
        const more = histograms.values[at];
        if (more !== undefined) group.histograms.set(name, addHistograms(group.histograms.get(name), more));
      }
    }
  }

  collect(sink: StatSink): void {
    for (const { family, instance, counters, gauges, histograms } of this.#groups.all()) {
      for (const [name, value] of counters) sink.counter(family, instance, name, value);
      for (const [name, value] of gauges) sink.gauge(family, instance, name, value);
      for (const [name, value] of histograms)
        sink.histogram(family, instance, name, Object.assign(new Histogram(), value));
    }
  }
}

/** `sum` is changed and answered; what is added to it is not kept. */
function addHistograms(
  sum: HistogramRecord | undefined,
  { counts, sum: total, count }: HistogramRecord,
): HistogramRecord {
  if (sum === undefined) return { counts: counts.slice(), sum: total, count };
  for (const [bucket, value] of counts.entries()) sum.counts[bucket] = (sum.counts[bucket] ?? 0) + value;
  return { counts: sum.counts, sum: sum.sum + total, count: sum.count + count };
}
