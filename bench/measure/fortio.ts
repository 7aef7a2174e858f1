// Loads one port at a fixed rate with fortio and reads what it measured.
import { type LoadResult, type LoadSpec, runGenerator, TRACE_FIELD } from './load.ts';

/** Of fortio's histogram, in seconds, at its lower end; its buckets grow with the time. */
const RESOLUTION = '0.00001';

export async function runFortio(spec: LoadSpec): Promise<LoadResult> {
  return parseFortio(await runGenerator(spec, fortioArguments(spec)));
}

export function fortioArguments({ workload, authority, port, seconds, traced = false }: LoadSpec): string[] {
  // Calls of different connections are spread evenly; after a pause the rate is caught up with, so that slow moments count in full.
  const pace = ['-qps', String(workload.perSecond ?? 0), '-c', String(workload.connections), '-uniform'];
  const report = ['-quiet', '-log-errors=false', '-json', '-', '-r', RESOLUTION, '-p', '50,99,99.9'];
  const named = authority === undefined ? [] : ['-H', `Host: ${authority}`];
  const fields = traced ? [...named, '-H', TRACE_FIELD] : named;
  const url = `http://127.0.0.1:${port}${workload.path}`;
  return ['load', ...pace, '-t', `${seconds}s`, ...report, ...fields, url];
}

interface FortioReport {
  readonly ActualQPS?: number;
  readonly RetCodes?: Readonly<Record<string, number>>;
  /** Seconds. */
  readonly DurationHistogram?: {
    readonly Count?: number;
    readonly Percentiles?: readonly { readonly Percentile: number; readonly Value: number }[];
  };
}

/** Throws when it is no report of a run. */
export function parseFortio(output: string): LoadResult {
  const report = readReport(output);
  const { ActualQPS: rate, DurationHistogram: histogram } = report;
  const requests = histogram?.Count;
  if (rate === undefined || requests === undefined) {
    throw new Error(`fortio printed no measurement: ${output.trim().slice(0, 200)}`);
  }
  const percentileUs = (asked: number): number => {
    const found = histogram?.Percentiles?.find(({ Percentile: percentile }) => percentile === asked);
    return found === undefined ? Number.NaN : found.Value * 1e6;
  };
  return {
    requests,
    requestsPerSecond: rate,
    bytesPerSecond: Number.NaN,
    p50Us: percentileUs(50),
    p99Us: percentileUs(99),
    p999Us: percentileUs(99.9),
    // -1 stands for calls without an answer.
    errors: requests - (report.RetCodes?.['200'] ?? 0),
  };
}

function readReport(output: string): FortioReport {
  try {
    return JSON.parse(output);
  } catch {
    return {};
  }
}
