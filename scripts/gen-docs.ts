// Generates docs/reference/*.md and the CRD of the chart from the tables in src; with --check it changes nothing and fails where a page differs.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SETTING_FAMILIES } from '../src/config/index.ts';
import { renderSettingsMarkdown } from '../src/config/render-settings.ts';
import { ERRORS, type ErrorCode, type ErrorRow } from '../src/model/errors.ts';
import { renderTrafficPolicyCrd } from './render-crd.ts';
import { renderPolicyReference } from './render-policy-reference.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Page {
  /** Below the project's root. */
  readonly path: string;
  readonly source: string;
  render(): string;
}

const PAGES: readonly Page[] = [
  { path: 'docs/reference/configuration.md', source: 'src/config', render: renderConfiguration },
  { path: 'docs/reference/errors.md', source: 'src/model/errors.ts', render: renderErrors },
  { path: 'docs/reference/traffic-policy.md', source: 'src/kube/traffic-policy', render: renderPolicyReference },
  {
    path: 'charts/switchboard/templates/crd-trafficpolicies.yaml',
    source: 'src/kube/traffic-policy',
    render: renderTrafficPolicyCrd,
  },
];

function renderConfiguration(): string {
  return `# Configuration

Programs are configured by variables of the environment. A variable that is set but empty counts as not set; an unknown
\`SWITCHBOARD_…\` variable is an error; every problem is reported at once, and the program then ends with exit code 2.

${renderSettingsMarkdown(SETTING_FAMILIES)}
`;
}

function renderErrors(): string {
  const rows = Object.entries<ErrorRow>(ERRORS).map(([code, row]) => errorLine(code as ErrorCode, row));
  return `# Errors

What the sidecar answers by itself. Such an answer carries \`x-switchboard-error: <flag> <code>\`, the sentence as its body,
and the flag stands in the access log. *Side* is who caused it: the sidecar or its configuration, the upstream, or the caller.
*Retried* is when the sidecar tries another pod before it answers. Where no status stands nobody is answered; with \`URX\` the answer is the pod's own,
which carries \`x-switchboard-retries: spent\` instead.

| flag | code | HTTP | gRPC | side | retried | what it says |
|---|---|--:|--:|---|---|---|
${rows.join('\n')}
`;
}

function errorLine(code: ErrorCode, row: ErrorRow): string {
  const status = row.status === 0 ? '–' : row.status;
  const sentence = row.sentence.replace('{detail}', '*detail*').replaceAll('|', '\\|');
  return `| \`${row.flag}\` | \`${code}\` | ${status} | ${row.grpcStatus} | ${row.side} | ${row.retry} | ${sentence} |`;
}

function contentOf(page: Page): string {
  const mark = `Generated from ${page.source} by scripts/gen-docs.ts; do not edit.`;
  return `${page.path.endsWith('.yaml') ? `# ${mark}` : `<!-- ${mark} -->\n`}\n${page.render()}`;
}

function current(page: Page): string | null {
  try {
    return readFileSync(join(root, page.path), 'utf8');
  } catch {
    return null;
  }
}

/** Paths of the pages that differ from what the tables say. */
export function stalePages(): readonly string[] {
  return PAGES.filter((page) => current(page) !== contentOf(page)).map((page) => page.path);
}

function write(page: Page): void {
  mkdirSync(dirname(join(root, page.path)), { recursive: true });
  writeFileSync(join(root, page.path), contentOf(page));
}

/** Answers the exit code: 1 = a page is stale (with `--check`), 2 = wrong usage. */
export function generatePages(args: readonly string[]): number {
  const unknown = args.find((argument) => argument !== '--check');
  if (unknown !== undefined) {
    console.error(`unknown argument ${unknown}; usage: node scripts/gen-docs.ts [--check]`);
    return 2;
  }
  const stale = stalePages();
  if (!args.includes('--check')) {
    for (const page of PAGES) if (stale.includes(page.path)) write(page);
    return 0;
  }
  if (stale.length === 0) return 0;
  console.error(
    `${stale.join(', ')} ${stale.length > 1 ? 'do' : 'does'} not match src; run \`npm run gen\` and commit the result`,
  );
  return 1;
}

if (import.meta.main) process.exitCode = generatePages(process.argv.slice(2));
