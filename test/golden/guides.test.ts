// docs/guides: every manifest, fragment and command of theirs can be copied as it stands; what each does has tests of its own.
import { existsSync } from 'node:fs';
import { renderIssue } from '../../src/base/result.ts';
import { runCli } from '../../src/cli/run.ts';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import { parseScenario } from '../../src/simulate/parse-scenario.ts';
import { readBootstrap } from '../../src/xds/bootstrap/read-bootstrap.ts';
import { blocksOf, completeBootstrap, type GuideBlock, guides, readPage } from '../support/guide-blocks.ts';
import { TempFolder } from '../support/temp-folder.ts';

const ROOT = new URL('../../', import.meta.url);
const BLOCKS = guides().flatMap(blocksOf);
/** Rights are read by an API server: test/peers applies them to one. */
const isRights = ({ text }: GuideBlock) => text.startsWith('apiVersion: rbac.authorization.k8s.io/');
const YAML = BLOCKS.filter((block) => block.language === 'yaml' && !isRights(block));
const isPolicyPart = ({ text }: GuideBlock) => text.startsWith('targetRefs:');
const isScenario = ({ text }: GuideBlock) => text.startsWith('duration:');
/** What an API server is told and answers: read by nobody here. */
const isForeign = ({ text }: GuideBlock) => text.includes('rbac.authorization.k8s.io/') || text.startsWith('status:');
const isManifest = (block: GuideBlock) => block.text.startsWith('apiVersion:') && !isForeign(block);

function problemsOf(text: string, place: string): readonly string[] {
  const { objects, issues } = parseManifest(text, place);
  return objects.length === 0 ? [...issues.map(renderIssue), `${place}: no object`] : issues.map(renderIssue);
}

describe('what the guides show', () => {
  it.each(['affinity', 'ejection', 'retries'])('has manifests and commands to try in %s.md', (name) => {
    const blocks = blocksOf(`docs/guides/${name}.md`);
    expect(blocks.filter(isManifest).length).toBeGreaterThan(0);
    expect(blocks.some(({ text }) => text.includes('npx switchboard'))).toBe(true);
  });

  it.each(YAML.filter(isManifest).map((block) => [block.place, block] as const))(
    'is read: the manifest at %s',
    (place, { text }) => {
      expect(problemsOf(text, place)).toEqual([]);
    },
  );

  it.each(YAML.filter(isPolicyPart).map((block) => [block.place, block] as const))(
    'is read: the part of a policy at %s',
    (place, { text }) => {
      const spec = text.replace(/^/gm, '  ');
      const head =
        'apiVersion: switchboard.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: a}\nspec:\n  timeouts: {request: 1s}\n';
      expect(problemsOf(head + spec, place)).toEqual([]);
    },
  );

  it.each(YAML.filter(isScenario).map((block) => [block.place, block] as const))(
    'is read: the scenario at %s',
    (place, { text }) => {
      const read = parseScenario(text, place, 'a');
      expect(read.ok ? [] : read.issues.map(renderIssue)).toEqual([]);
    },
  );

  const parts = YAML.filter((block) => ![isManifest, isPolicyPart, isForeign, isScenario].some((is) => is(block)));

  it.each(parts.map((block) => [block.place, block] as const))(
    'is obeyed, whole: the part of a bootstrap file at %s',
    (place, { text }) => {
      const read = readBootstrap(completeBootstrap(text), place);
      expect(read.ok ? read.value.notes.map(renderIssue) : read.issues.map(renderIssue)).toEqual([]);
    },
  );
});

/** `npx switchboard …` and what else a line of a shell begins with, comments left out. */
function commandsOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.replace(/\s{2,}#.*$/, '').trim())
    .filter((line) => line !== '');
}

const PAGES = [
  ...guides(),
  'README.md',
  ...['my-api', 'ejection', 'gateway-api', 'traffic-policy', 'sticky-sessions'].map(
    (name) => `examples/${name}/README.md`,
  ),
];

/** Commands of the CLI in fenced and indented blocks. */
function shown(path: string): readonly { readonly command: string; readonly before: string }[] {
  const fenced = blocksOf(path).flatMap(({ text, before }) => commandsOf(text).map((command) => ({ command, before })));
  const page = readPage(path);
  const indented = [...page.matchAll(/^ {4}(\S.*)$/gm)].map(({ 1: command = '', index }) => ({
    command,
    before: page.slice(0, index),
  }));
  return [...fenced, ...indented].filter(({ command }) => /(?:^|&& )(?:npx )?switchboard /.test(command));
}

const HELP = new Map<string, Promise<string>>();

function helpOf(command: string): Promise<string> {
  let help = HELP.get(command);
  if (help === undefined) {
    help = printed([command, '--help']);
    HELP.set(command, help);
  }
  return help;
}

async function printed(args: readonly string[]): Promise<string> {
  let text = '';
  const out = (more: string): void => {
    text += more;
  };
  await runCli([...args], { env: {}, out, err: out });
  return text;
}

describe('the commands that pages show', () => {
  it.each(PAGES)('run in a checkout, with options that there are and files that a reader has: %s', async (path) => {
    for (const { command, before } of shown(path)) {
      const [, name = '', rest = ''] = /npx switchboard ([\w-]+) ?(.*)$/.exec(command) ?? [];
      expect([path, command, name]).not.toEqual([path, command, '']);
      const help = await helpOf(name);
      for (const [option] of rest.matchAll(/(?<=^|\s)--?[a-z][\w-]*/g))
        expect({ path, command, option, known: help.includes(option) }).toMatchObject({ known: true });
      for (const [file] of rest.matchAll(/[\w/.-]+\.yaml|examples\/[\w-]+/g)) {
        const there =
          existsSync(new URL(file, ROOT)) || before.includes(`ave this as \`${file}\``) || before.includes(`> ${file}`);
        expect({ path, command, file, there }).toMatchObject({ there: true });
      }
    }
  });

  it('print what retries.md shows of a run', async () => {
    const blocks = blocksOf('docs/guides/retries.md');
    const manifest = blocks.find(({ before }) => before.trimEnd().endsWith('Save this as `hedged.yaml`:'));
    const told = blocks.find(({ language }) => language === 'text');
    const folder = new TempFolder();
    folder.write('hedged.yaml', manifest?.text ?? '');
    const output = await printed(['simulate', '--scenario', 'slow-pod', '--compare', folder.at('hedged.yaml')]);
    folder.remove();
    // The name of the file in the heading says how wide a column is.
    const rows = (text: string) =>
      text
        .split('\n')
        .map((line) => line.trim().split(/ {2,}/).join(' | '))
        .filter((line) => line !== '');
    expect(rows(output.replaceAll(folder.path, ''))).toEqual(
      expect.arrayContaining(rows(told?.text ?? 'nothing').slice(1)),
    );
  }, 240_000);
});
