// One section of the page: the newest runs of a scenario of proxies, as tables and as a chart of ratios.
import type { EquipmentSet } from '../contender.ts';
import type { ProxyScenario } from '../proxy-scenario.ts';
import { columnOf } from '../report/proxies-columns.ts';
import { type Summary, summarize, wasDisturbed } from '../report/proxies-report.ts';
import type { Chart, Panel } from './bar-chart.ts';
import { isProxiesRun, type KeptProxiesRun, type KeptRun } from './kept-runs.ts';
import { renderMarkdownTable } from './page.ts';
import { DISTURBED, describeRun, ENOUGH_ROUNDS, isOurs, REFERENCE, type Section, type SectionText } from './section.ts';

interface Measured {
  readonly run: KeptProxiesRun;
  readonly what: string;
  readonly summaries: readonly Summary[];
  readonly disturbed: boolean;
}

export function proxiesSection(scenario: ProxyScenario, set: EquipmentSet): Section {
  const name = `${scenario.name}-${set}`;
  return {
    name,
    write(runs, takeDisturbed): SectionText {
      const found = scenario.workloads.map((workload) => measurementsOf(runs, scenario.name, set, workload.name));
      const chosen = found.flatMap((all) => all.find(({ disturbed }) => takeDisturbed || !disturbed) ?? []);
      const refused = found.flatMap((all) => (all.every(({ disturbed }) => disturbed) ? all.slice(0, 1) : []));
      if (refused.length > 0 && !takeDisturbed) {
        return { kind: 'refused', files: [...new Set(refused.map(({ run }) => run.file))] };
      }
      if (chosen.length === 0) return { kind: 'nothing' };
      return { kind: 'text', markdown: renderTables(scenario, chosen), chart: chartOf(scenario, set, chosen) };
    },
  };
}

/** Of one workload, newest first; runs without Envoy or without us compare nothing. */
function measurementsOf(
  runs: readonly KeptRun[],
  scenario: string,
  set: string,
  workload: string,
): readonly Measured[] {
  const ours = runs.filter((run) => run.scenario === scenario).filter(isProxiesRun);
  return ours.flatMap((run) => {
    const kept = run.workloads.find((one) => one.workload.name === workload);
    const names = kept?.outcomes.map(({ name }) => name) ?? [];
    if (run.settings.set !== set || run.settings.rounds < ENOUGH_ROUNDS || kept === undefined) return [];
    if (!names.includes(REFERENCE) || !names.some(isOurs)) return [];
    const summaries = summarize(kept.outcomes);
    return [{ run, what: kept.workload.what, summaries, disturbed: wasDisturbed(summaries) }];
  });
}

function renderTables({ columns }: ProxyScenario, measured: readonly Measured[]): string {
  return measured
    .map(({ run, what, summaries, disturbed }) => {
      const { rounds, secondsPerRound } = run.settings;
      return [
        `**${what}**`,
        ...(disturbed ? [DISTURBED] : []),
        renderMarkdownTable(columns.map(columnOf), summaries),
        `${rounds} rounds of ${secondsPerRound} s; ${describeRun(run)}; ${describeVersions(summaries)}.`,
      ].join('\n\n');
    })
    .join('\n\n');
}

function describeVersions(summaries: readonly Summary[]): string {
  return [...new Set(summaries.map(({ name, version }) => `${name} ${version}`))].join('; ');
}

function chartOf({ name, headline, headlineTitle }: ProxyScenario, set: string, measured: readonly Measured[]): Chart {
  const panels = measured.map(({ what, summaries, disturbed }): Panel => {
    const bars = summaries.flatMap((summary) => {
      const value = headline(summary);
      return value === null || !(value >= 0) ? [] : [{ label: summary.name, value, ours: isOurs(summary.name) }];
    });
    return { title: disturbed ? `${what} (disturbed)` : what, bars };
  });
  return { title: `${name}, ${set}: ${headlineTitle}`, panels };
}
