// The section of the page on start time and memory.
import {
  FOOTPRINT_COLUMNS,
  type FootprintMeasure,
  type FootprintOutcome,
  type FootprintSummary,
  summarizeFootprint,
  wasFootprintDisturbed,
} from '../report/footprint-report.ts';
import type { Chart } from './bar-chart.ts';
import type { KeptRun } from './kept-runs.ts';
import { renderMarkdownTable } from './page.ts';
import { DISTURBED, describeRun, ENOUGH_ROUNDS, isOurs, REFERENCE, type Section, type SectionText } from './section.ts';

interface KeptFootprint extends KeptRun {
  readonly settings: { readonly rounds: number; readonly connections: number };
  readonly outcomes: readonly FootprintOutcome[];
}

const PANELS: readonly { readonly title: string; readonly measure: FootprintMeasure }[] = [
  { title: 'time to the first answer', measure: 'startMs' },
  { title: 'memory at rest', measure: 'restBytes' },
  { title: 'memory per idle connection', measure: 'perConnectionBytes' },
  { title: 'memory under load', measure: 'loadBytes' },
];

export const FOOTPRINT_SECTION: Section = {
  name: 'footprint',
  write(runs, takeDisturbed): SectionText {
    const found = runs.filter(isFootprint).map((run) => ({ run, summaries: summarizeFootprint(run.outcomes) }));
    const chosen = found.find(({ summaries }) => takeDisturbed || !wasFootprintDisturbed(summaries));
    if (chosen !== undefined) return writeText(chosen.run, chosen.summaries);
    const [newest] = found;
    return newest === undefined ? { kind: 'nothing' } : { kind: 'refused', files: [newest.run.file] };
  },
};

/** Runs without Envoy or without us compare nothing. */
function isFootprint(run: KeptRun): run is KeptFootprint {
  if (run.scenario !== 'footprint' || !('outcomes' in run) || !Array.isArray(run.outcomes)) return false;
  if (Number(run.settings['rounds']) < ENOUGH_ROUNDS) return false;
  const outcomes: readonly FootprintOutcome[] = run.outcomes;
  return outcomes.some(({ name }) => name === REFERENCE) && outcomes.some(({ name }) => isOurs(name));
}

function writeText(run: KeptFootprint, summaries: readonly FootprintSummary[]): SectionText {
  const { rounds, connections } = run.settings;
  const markdown = [
    ...(wasFootprintDisturbed(summaries) ? [DISTURBED] : []),
    renderMarkdownTable(FOOTPRINT_COLUMNS, summaries),
    `${rounds} rounds, ${connections} idle connections; ${describeRun(run)}; ${summaries.map(({ name, version }) => `${name} ${version}`).join('; ')}.`,
  ].join('\n\n');
  return { kind: 'text', markdown, chart: chartOf(summaries) };
}

function chartOf(summaries: readonly FootprintSummary[]): Chart {
  const panels = PANELS.map(({ title, measure }) => {
    const bars = summaries.flatMap(({ name, ratios }) => {
      const value = ratios[measure];
      return value === null || !(value >= 0) ? [] : [{ label: name, value, ours: isOurs(name) }];
    });
    return { title, bars };
  });
  return { title: "footprint: over Envoy's, less is better", panels };
}
