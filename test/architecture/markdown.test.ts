// What the Markdown pages say is there: links, paths, commands, and a README for each room.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { COMMANDS } from '../../src/cli/index.ts';
import { checkPage, type Page, type Project, projectExists } from './markdown-rules.ts';
import { ROOMS } from './rooms.ts';
import { listFiles, ROOT, readManifest, renderViolations } from './source-file.ts';

const MAX_README_LINES = 40;
const FOLDERS = ['.ci', 'bench', 'docs', 'examples', 'proto', 'scripts', 'src', 'test'];
const ROOT_PAGES = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];

function readPages(): Page[] {
  const below = FOLDERS.flatMap(listFiles).filter((path) => path.endsWith('.md'));
  const pages = [...ROOT_PAGES.filter(projectExists), ...below];
  return pages.map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** What is wrong with the README at `path`, '' when nothing is. */
function judgeReadme(path: string): string {
  if (!projectExists(path)) return `${path} is missing`;
  const lines = readFileSync(join(ROOT, path), 'utf8').trimEnd().split('\n').length;
  return lines <= MAX_README_LINES ? '' : `${path} has ${lines} lines`;
}

const fileNames = new Set(FOLDERS.flatMap(listFiles).map((path) => posix.basename(path)));

const project: Project = {
  exists: projectExists,
  hasFile: (name) => fileNames.has(name),
  scripts: new Set(Object.keys(readManifest().scripts)),
  commands: new Set(COMMANDS.map(({ name }) => name)),
};

describe('Markdown pages', () => {
  it.each(ROOT_PAGES)('count %s among them', (path) => {
    expect(projectExists(path)).toBe(true);
  });

  it('show every room of the table in docs/architecture.md, and no other', () => {
    const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
    expect(rows.sort()).toEqual(ROOMS.map(({ path }) => path).sort());
  });

  it('list every decision in docs/adr/README.md', () => {
    const index = readFileSync(join(ROOT, 'docs/adr/README.md'), 'utf8');
    const decisions = listFiles('docs/adr').map((path) => posix.basename(path));
    expect(decisions.filter((name) => /^\d{4}-/.test(name) && !index.includes(`](${name})`))).toEqual([]);
  });

  it('link to pages, name paths and show commands that are there', () => {
    expect(renderViolations(readPages().flatMap((page) => checkPage(page, project)))).toBe('');
  });
});

describe('rooms', () => {
  const folders = ROOMS.map(({ path }) => path).filter((path) => {
    const folder = join(ROOT, 'src', path);
    return path !== 'xds/gen' && existsSync(folder) && statSync(folder).isDirectory();
  });

  it.each(folders)(`src/%s has a README of ${MAX_README_LINES} lines at most`, (folder) => {
    expect(judgeReadme(`src/${folder}/README.md`)).toBe('');
  });
});

describe('the Markdown rule', () => {
  const sample: Project = {
    exists: (path) => ['docs/adr/README.md', 'src/base/clock.ts', 'docs/adr', 'scripts/a.ts'].includes(path),
    hasFile: (name) => name === 'clock.ts',
    scripts: new Set(['test', 'start', 'bench']),
    commands: new Set(['up']),
  };
  const messages = (text: string): string[] =>
    checkPage({ path: 'docs/page.md', text }, sample).map(({ line, message }) => `${line}: ${message}`);

  it.each([
    ['[a](adr/none.md)', '1: the link "adr/none.md" leads nowhere'],
    ['\n[a]: ../none.md', '2: the link "../none.md" leads nowhere'],
    ['[a](/docs/adr)', '1: the link "/docs/adr" is absolute: write it relative to this page'],
    ['see `src/base/none.ts`', '1: `src/base/none.ts` is not there'],
    ['see `none.ts`', '1: `none.ts` is not there'],
    ['run `npm run none -- a`', '1: package.json has no script "none"'],
    ['```\nnpm run none\n```', '2: package.json has no script "none"'],
    ['`npx switchboard none DIR`', '1: there is no command "switchboard none"'],
    ['```sh\n$ switchboard-mesh none\n```', '2: there is no command "switchboard none"'],
    ['`node scripts/none.ts`', '1: `node scripts/none.ts`: there is no such file'],
  ])('reports %j', (text, message) => {
    expect(messages(text)).toEqual([message]);
  });

  it.each([
    '[a](adr/README.md#title) [b](https://example.com/) [c](#here)',
    '`src/base/clock.ts`, `base/clock.ts:12`, `clock.ts`, `proxy/lb/<name>.ts`, `test/**/*.test.ts`, `docs/adr/`, `bench/results/`',
    '`npm test`, `npm start`, `npm run bench -- micro`, `npm install`, `switchboard up DIR`, `switchboard: text`',
    '```\nnode scripts/a.ts src/none.ts\n```',
  ])('lets pass %j', (text) => {
    expect(messages(text)).toEqual([]);
  });
});
