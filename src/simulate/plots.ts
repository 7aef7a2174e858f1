// The plots of one or two simulations, by the names of their files.
import { type Line, type LineChart, renderLineChart } from './line-chart.ts';
import type { MomentSummary, SimulationSummary } from './summary.ts';

export interface Plot {
  readonly file: string;
  readonly svg: string;
}

const MS_PER_S = 1_000;

export function plotsOf(scenario: string, durationMs: number, runs: readonly SimulationSummary[]): readonly Plot[] {
  const momentS = durationMs / MS_PER_S / (runs[0]?.moments.length ?? 1);
  const draw = (file: string, title: string, unit: string, lines: readonly Line[]): Plot => {
    const chart: LineChart = { title: `${scenario}: ${title}`, unit, durationMs, lines };
    return { file, svg: renderLineChart(chart) };
  };
  const over = (name: string, value: (moment: MomentSummary) => number): Line[] =>
    runs.map(({ policy, moments }) => ({
      label: `${name}${runs.length > 1 || name === '' ? shortName(policy) : ''}`.trim(),
      values: moments.map(value),
    }));
  return [
    draw('errors.svg', 'errors', '% of requests', over('', errorPercent)),
    draw('latency.svg', 'latency of answers', 'ms', [
      ...over('p99 ', ({ p99Ms }) => p99Ms),
      ...over('p50 ', ({ p50Ms }) => p50Ms),
    ]),
    draw('requests-to-pods.svg', 'what pods were sent', 'times the requests', over('', attemptsPerRequest)),
    ...runs.map((run, at) => {
      const lines = run.pods.map(({ name, received }) => ({
        label: name,
        values: received.map((one) => one / momentS),
      }));
      const file = runs.length > 1 ? `load-${at + 1}.svg` : 'load.svg';
      return draw(
        file,
        `load by pod${runs.length > 1 ? `, ${shortName(run.policy)}` : ''}`,
        'requests a second',
        lines,
      );
    }),
  ];
}

/** Room for so many characters is beside the lines. */
const MAX_LABEL = 20;

/** The file alone, without its folders. */
function shortName(policy: string): string {
  const name = policy.slice(policy.lastIndexOf('/', policy.length - 2) + 1);
  return name.length > MAX_LABEL ? `${name.slice(0, MAX_LABEL - 1)}…` : name;
}

function errorPercent({ errors, requests }: MomentSummary): number {
  return requests === 0 ? 0 : (errors / requests) * 100;
}

function attemptsPerRequest({ attempts, requests }: MomentSummary): number {
  return requests === 0 ? 0 : attempts / requests;
}
