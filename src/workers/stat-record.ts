// Statistics on their way between processes, and the sum of those of several workers.
import { Histogram } from '../telemetry/histogram.ts';
import type { StatFamily, StatSink, StatSource } from '../telemetry/stats.ts';

type Place = readonly [family: StatFamily, instance: string, name: string];

/** All that some sources tell at one moment, as plain data. */
export interface StatRecord {
  readonly counters: readonly (readonly [...Place, number])[];
  readonly gauges: readonly (readonly [...Place, number])[];
  readonly histograms: readonly (readonly [...Place, HistogramRecord])[];
}

export type HistogramRecord = Pick<Histogram, 'counts' | 'sum' | 'count'>;

export function recordStats(sources: readonly StatSource[]): StatRecord {
  const counters: [...Place, number][] = [];
  const gauges: [...Place, number][] = [];
  const histograms: [...Place, HistogramRecord][] = [];
  const sink: StatSink = {
    counter: (...row) => void counters.push(row),
    gauge: (...row) => void gauges.push(row),
    histogram(family, instance, name, { counts, sum, count }) {
      histograms.push([family, instance, name, { counts, sum, count }]);
    },
  };
  for (const source of sources) source.collect(sink);
  return { counters, gauges, histograms };
}

/** Gauges that say the same of every worker, or of which the worst counts: the largest is told. The others are parts of a whole. */
export const LARGEST_GAUGES: ReadonlySet<string> = new Set([
  'cluster.membership_total',
  'cluster.membership_healthy',
  'cluster.version',
  'overload.stop_accepting_requests_active',
  'overload.event_loop_lag_ms',
  'http.detection_learnt',
  'control_plane.on_demand_names',
  'control_plane.on_demand_held',
  'control_plane.on_demand_prefetch_waiting',
]);

interface Sum {
  readonly place: Place;
  value: number;
}

export class StatSum implements StatSource {
  readonly #counters = new Map<string, Sum>();
  readonly #gauges = new Map<string, Sum>();
  readonly #histograms = new Map<string, { readonly place: Place; readonly sum: Histogram }>();

  add(record: StatRecord): void {
    this.addCounts(record);
    for (const [family, instance, name, value] of record.gauges) {
      const sum = sumAt(this.#gauges, [family, instance, name]);
      sum.value = LARGEST_GAUGES.has(`${family}.${name}`) ? Math.max(sum.value, value) : sum.value + value;
    }
  }

  /** Of a worker that is no more: what it has counted stays, what it had is gone. */
  addCounts({ counters, histograms }: StatRecord): void {
    for (const [family, instance, name, value] of counters) {
      sumAt(this.#counters, [family, instance, name]).value += value;
    }
    for (const [family, instance, name, { counts, sum, count }] of histograms) {
      const total = this.#histogramAt([family, instance, name]);
      for (const [bucket, value] of counts.entries()) total.counts[bucket] = (total.counts[bucket] ?? 0) + value;
      total.sum += sum;
      total.count += count;
    }
  }

  collect(sink: StatSink): void {
    for (const { place, value } of this.#counters.values()) sink.counter(...place, value);
    for (const { place, value } of this.#gauges.values()) sink.gauge(...place, value);
    for (const { place, sum } of this.#histograms.values()) sink.histogram(...place, sum);
  }

  #histogramAt(place: Place): Histogram {
    const key = place.join('\n');
    const known = this.#histograms.get(key);
    if (known !== undefined) return known.sum;
    const sum = new Histogram();
    this.#histograms.set(key, { place, sum });
    return sum;
  }
}

function sumAt(sums: Map<string, Sum>, place: Place): Sum {
  const key = place.join('\n');
  let sum = sums.get(key);
  if (sum === undefined) {
    sum = { place, value: 0 };
    sums.set(key, sum);
  }
  return sum;
}
