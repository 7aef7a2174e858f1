// The figures of one or two simulations as rows of tables.
import type { PodSummary, SimulationSummary } from './summary.ts';

/** First the name of the figure, then a cell for each run. */
export type Row = readonly string[];

/** Of a fleet that is larger the rest is told in one line. */
const PODS_SHOWN = 20;

export function figureRows(runs: readonly SimulationSummary[]): readonly Row[] {
  const row = (name: string, cell: (run: SimulationSummary) => string): Row => [name, ...runs.map(cell)];
  const [first] = runs;
  return [
    row('requests', ({ requests }) => String(requests)),
    row('errors', ({ errors, errorPercent }) => share(errors, errorPercent)),
    ...methodRows(runs),
    ...reasonRows(runs),
    row('requests to pods', ({ attempts, attemptsPerRequest }) => `${attempts} (${attemptsPerRequest}x)`),
    row('  at worst', ({ mostAttemptsPerRequest }) => `${mostAttemptsPerRequest}x`),
    row('retries', ({ retries }) => String(retries)),
    row('ejections', ({ ejections }) => String(ejections)),
    ...(first?.sessions == null ? [] : sessionRows(runs)),
    row('latency p50', ({ latencyMs }) => time(latencyMs.p50)),
    row('latency p90', ({ latencyMs }) => time(latencyMs.p90)),
    row('latency p99', ({ latencyMs }) => time(latencyMs.p99)),
    row('latency max', ({ latencyMs }) => time(latencyMs.max)),
  ];
}

function methodRows(runs: readonly SimulationSummary[]): readonly Row[] {
  const methods = runs[0]?.methods ?? [];
  if (methods.length < 2) return [];
  return methods.map(({ method }, at) => [
    `  of ${method}`,
    ...runs.map((run) => {
      const { errors = 0, errorPercent = 0 } = run.methods[at] ?? {};
      return share(errors, errorPercent);
    }),
  ]);
}

function reasonRows(runs: readonly SimulationSummary[]): readonly Row[] {
  const reasons = new Set(runs.flatMap((run) => run.reasons.map(({ reason }) => reason)));
  return Array.from(reasons, (reason) => [
    `  by ${reason}`,
    ...runs.map((run) => String(run.reasons.find((one) => one.reason === reason)?.requests ?? 0)),
  ]);
}

function sessionRows(runs: readonly SimulationSummary[]): readonly Row[] {
  const of = (count: (sessions: NonNullable<SimulationSummary['sessions']>) => string) => (run: SimulationSummary) =>
    run.sessions === null ? '' : count(run.sessions);
  return [
    ['users', ...runs.map(of(({ count }) => String(count)))],
    ['  moved to another pod', ...runs.map(of(({ moved, movedPercent }) => share(moved, movedPercent)))],
    ['  more than once', ...runs.map(of(({ movedAgain }) => String(movedAgain)))],
    ['  while their pod served', ...runs.map(of(({ movedNeedlessly }) => String(movedNeedlessly)))],
    ['  requests answered elsewhere', ...runs.map(of(({ answersAway }) => String(answersAway)))],
  ];
}

/** By pod: its zone where there are zones, then requests and failures of each run. */
export function podRows(runs: readonly SimulationSummary[]): readonly Row[] {
  const [first] = runs;
  if (first === undefined) return [];
  const zoned = first.pods.some(({ zone }) => zone !== '');
  const names = longest(runs).slice(0, PODS_SHOWN);
  return names.map(({ name, zone }, at) => [
    name,
    ...(zoned ? [zone] : []),
    ...runs.flatMap((run) => podCells(run.pods[at])),
  ]);
}

export function podHeader(runs: readonly SimulationSummary[]): Row {
  const zoned = runs[0]?.pods.some(({ zone }) => zone !== '') === true;
  const cells =
    runs.length === 1 ? ['REQUESTS', 'FAILED'] : runs.flatMap((_, at) => [`REQUESTS ${at + 1}`, `FAILED ${at + 1}`]);
  return ['POD', ...(zoned ? ['ZONE'] : []), ...cells];
}

/** What the table of pods leaves out; '' = nothing. */
export function podsLeftOut(runs: readonly SimulationSummary[]): string {
  const left = longest(runs).slice(PODS_SHOWN);
  if (left.length === 0) return '';
  const requests = left.map((pod) => pod.requests);
  return `and ${left.length} more with ${Math.min(...requests)} to ${Math.max(...requests)} requests each; -o json has all`;
}

function longest(runs: readonly SimulationSummary[]): readonly PodSummary[] {
  const [first, second] = runs.map(({ pods }) => pods);
  return (second?.length ?? 0) > (first?.length ?? 0) ? (second ?? []) : (first ?? []);
}

function podCells(pod: PodSummary | undefined): readonly string[] {
  return pod === undefined ? ['', ''] : [`${pod.requests} (${pod.percent.toFixed(1)} %)`, String(pod.failures)];
}

function share(count: number, percent: number): string {
  return `${count} (${percent === 0 ? '0' : percent.toFixed(percent < 0.1 ? 3 : 2)} %)`;
}

/** ms below a second. */
function time(ms: number): string {
  return ms < 1_000 ? `${ms.toFixed(1)} ms` : `${(ms / 1_000).toFixed(2)} s`;
}
