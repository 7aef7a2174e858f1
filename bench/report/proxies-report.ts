// What a run of a proxy scenario measured, summed up in medians and ratios, as they are kept and shown.
import { median, pairedDifferences, pairedRatio, spread } from '../measure/statistics.ts';

/** One contender in one round. */
export interface Sample {
  readonly requestsPerSecond: number;
  /** From the proxy to the load. */
  readonly bytesPerSecond: number;
  readonly cpuUsPerRequest: number;
  /** CPU time over wall time: near 1 the proxy was the limit, below it the load was, or others. */
  readonly cpuShare: number;
  /** What programs outside of this bench took of its CPUs, in CPUs: 0.1 is a tenth of one. */
  readonly othersShare: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly rssBytes: number;
  readonly errors: number;
  /** Of V8's heap, garbage included; NaN where the proxy does not tell. */
  readonly allocatedBytesPerRequest: number;
}

export interface Outcome {
  readonly name: string;
  readonly version: string;
  /** In the order of the rounds; never empty. */
  readonly samples: readonly Sample[];
}

export interface Absence {
  readonly name: string;
  readonly reason: string;
}

/** Whose requests/s, and whose CPU per request, the others are compared with. */
const RATE_REFERENCE = 'envoy';
const CPU_REFERENCE = 'floor';
/** What latency is added to. */
const LATENCY_REFERENCE = 'direct';

type Measure = keyof Sample;

export interface Summary extends Readonly<Record<Measure, { readonly median: number; readonly spread: number }>> {
  readonly name: string;
  readonly version: string;
  /** × Envoy's requests per second; null when Envoy did not run. */
  readonly rateRatio: number | null;
  /** × Envoy's bytes per second; null when Envoy did not run. */
  readonly bytesRatio: number | null;
  /** ÷ Envoy's CPU per request; null when Envoy did not run. */
  readonly cpuToEnvoy: number | null;
  /** ÷ the floor's CPU per request; null when the floor did not run. */
  readonly cpuRatio: number | null;
  readonly totalErrors: number;
  /** What it adds to calls without a proxy, and that over what Envoy adds; null where one of these did not run. */
  readonly added: Readonly<Record<Percentile, { readonly us: number | null; readonly ratio: number | null }>>;
}

type Percentile = 'p50Us' | 'p99Us' | 'p999Us';

export function summarize(outcomes: readonly Outcome[]): readonly Summary[] {
  const ratio = (outcome: Outcome, reference: string, measure: Measure): number | null => {
    const other = outcomes.find((candidate) => candidate.name === reference);
    return other === undefined ? null : pairedRatio(valuesOf(outcome, measure), valuesOf(other, measure));
  };
  const added = (outcome: Outcome, percentile: Percentile) => addedLatency(outcomes, outcome, percentile);
  return outcomes.map((outcome) => {
    const digest = (measure: Measure): Summary[Measure] => {
      const values = valuesOf(outcome, measure);
      return { median: median(values), spread: spread(values) };
    };
    return {
      name: outcome.name,
      version: outcome.version,
      rateRatio: ratio(outcome, RATE_REFERENCE, 'requestsPerSecond'),
      bytesRatio: ratio(outcome, RATE_REFERENCE, 'bytesPerSecond'),
      cpuToEnvoy: ratio(outcome, RATE_REFERENCE, 'cpuUsPerRequest'),
      added: { p50Us: added(outcome, 'p50Us'), p99Us: added(outcome, 'p99Us'), p999Us: added(outcome, 'p999Us') },
      cpuRatio: ratio(outcome, CPU_REFERENCE, 'cpuUsPerRequest'),
      totalErrors: valuesOf(outcome, 'errors').reduce((sum, value) => sum + value, 0),
      requestsPerSecond: digest('requestsPerSecond'),
      bytesPerSecond: digest('bytesPerSecond'),
      cpuUsPerRequest: digest('cpuUsPerRequest'),
      cpuShare: digest('cpuShare'),
      othersShare: digest('othersShare'),
      p50Us: digest('p50Us'),
      p99Us: digest('p99Us'),
      p999Us: digest('p999Us'),
      rssBytes: digest('rssBytes'),
      errors: digest('errors'),
      allocatedBytesPerRequest: digest('allocatedBytesPerRequest'),
    };
  });
}

/** Round by round, then the median. */
function addedLatency(outcomes: readonly Outcome[], outcome: Outcome, percentile: Percentile) {
  const addedBy = (name: string): readonly number[] | null => {
    const direct = outcomes.find((candidate) => candidate.name === LATENCY_REFERENCE);
    const other = outcomes.find((candidate) => candidate.name === name);
    if (direct === undefined || other === undefined) return null;
    return pairedDifferences(valuesOf(other, percentile), valuesOf(direct, percentile));
  };
  const [own, envoys] = [addedBy(outcome.name), addedBy(RATE_REFERENCE)];
  return {
    us: own === null ? null : median(own),
    ratio: own === null || envoys === null ? null : pairedRatio(own, envoys),
  };
}

function valuesOf(outcome: Outcome, measure: Measure): readonly number[] {
  return outcome.samples.map((sample) => sample[measure]);
}

/** Above this share of a CPU, what others did shows in the figures. */
const QUIET_SHARE = 0.1;

/** `othersShare` in CPUs. */
export function isDisturbance(othersShare: number): boolean {
  return othersShare > QUIET_SHARE;
}

/** Whether other programs disturbed the run. */
export function wasDisturbed(summaries: readonly Summary[]): boolean {
  return isDisturbance(median(summaries.map((summary) => summary.othersShare.median)));
}
