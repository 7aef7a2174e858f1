// The command `bench publish`: puts the newest kept results into docs/benchmarks.md, as tables and charts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, UsageError } from './arguments.ts';
import { renderBarChart } from './publish/bar-chart.ts';
import { SECTIONS } from './publish/index.ts';
import { readKeptRuns } from './publish/kept-runs.ts';
import { fillBlock } from './publish/page.ts';
import { ENOUGH_ROUNDS, type Section, type SectionText } from './publish/section.ts';
import { RESULTS } from './report/keep-results.ts';

const PAGE = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
const NAMES = SECTIONS.map(({ name }) => name);

export const PUBLISH_USAGE = `  publish         docs/benchmarks.md from the newest kept runs that nothing disturbed
            --section    some of: ${NAMES.join(', ')}; default all
            --disturbed  take the newest, disturbed or not; the page says so`;

const OPTIONS = { section: { type: 'string', default: '' }, disturbed: { type: 'boolean', default: false } } as const;

/** Resolves with the exit code: 1 when something was refused, and then nothing is written. */
export async function publishCommand(args: readonly string[]): Promise<number> {
  const { values } = readArguments(args, OPTIONS);
  const asked = values.section.split(',').filter((name) => name !== '');
  const unknown = asked.filter((name) => !NAMES.includes(name));
  if (unknown.length > 0) throw new UsageError(`--section: ${unknown.join(', ')} is none of ${NAMES.join(', ')}`);
  const sections = SECTIONS.filter(({ name }) => asked.length === 0 || asked.includes(name));
  const runs = readKeptRuns(RESULTS);
  const texts = sections.map((section) => ({ section, text: section.write(runs, values.disturbed) }));
  const refusals = texts.flatMap(({ section, text }) => explainRefusal(section, text));
  if (refusals.length > 0) {
    for (const line of refusals) console.error(line);
    return 1;
  }
  writePage(texts);
  return 0;
}

function explainRefusal({ name }: Section, text: SectionText): readonly string[] {
  if (text.kind !== 'refused') return [];
  const remedy = 'run again when the machine is quiet, leave it out with --section, or say --disturbed';
  return [`${name}: other programs disturbed ${text.files.join(', ')}; ${remedy}`];
}

interface Written {
  readonly section: Section;
  readonly text: SectionText;
}

function writePage(texts: readonly Written[]): void {
  let page = readFileSync(PAGE, 'utf8');
  const charts = new Map<string, string>();
  for (const { section, text } of texts) {
    if (text.kind !== 'text') {
      console.log(`${section.name}: no run of ${ENOUGH_ROUNDS} rounds or more is kept; the page stays as it is`);
      continue;
    }
    const file = join(dirname(PAGE), 'benchmarks', `${section.name}.svg`);
    const image = text.chart === null ? '' : `![${text.chart.title}](${relative(dirname(PAGE), file)})\n\n`;
    if (text.chart !== null) charts.set(file, renderBarChart(text.chart));
    page = fillBlock(page, section.name, image + text.markdown);
    console.log(`${section.name}: written`);
  }
  for (const [file, chart] of charts) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, chart);
  }
  writeFileSync(PAGE, page);
}
