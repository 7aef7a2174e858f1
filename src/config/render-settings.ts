// Settings → text for people: the list in `--help` and the reference page.
import { wrapText } from '../base/wrap-text.ts';
import type { SettingFamily } from './index.ts';
import type { Setting } from './setting.ts';

/** A terminal of 80 columns, less what it is indented by. */
const TEXT_WIDTH = 74;

/** Lines for a terminal: name and default, then the sentence, indented. */
export function renderSettingsHelp(families: readonly SettingFamily[]): string {
  return families.map((family) => `${family.title}:\n${family.rows.map(helpOf).join('\n')}`).join('\n\n');
}

function helpOf(row: Setting): string {
  const shown = row.default === '' ? '(default: none)' : `(default: ${row.default})`;
  return [`  ${row.env} ${shown}`, ...wrapText(docOf(row), TEXT_WIDTH).map((line) => `      ${line}`)].join('\n');
}

/** A Markdown section for each family, each with one table. */
export function renderSettingsMarkdown(families: readonly SettingFamily[]): string {
  return families.map((family) => `## ${family.title}\n\n${tableOf(family.rows)}`).join('\n\n');
}

function tableOf(rows: readonly Setting[]): string {
  const lines = rows.map((row) => {
    const shown = row.default === '' ? 'none' : `\`${row.default}\``;
    return `| \`${row.env}\` | ${shown} | ${cell(row.type.describe)} | ${cell(docOf(row))} |`;
  });
  return ['| variable | default | value | what it does |', '|---|---|---|---|', ...lines].join('\n');
}

/** What is divided says so. */
function docOf(row: Setting): string {
  return row.divided === true ? `${row.doc} Divided by the number of workers.` : row.doc;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
