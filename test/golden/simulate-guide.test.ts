// docs/guides/simulate.md shows what its commands print: each block of text behind a command is its output. `UPDATE_GOLDEN=1` writes them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/run.ts';
import { TempFolder } from '../support/temp-folder.ts';

const GUIDE = fileURLToPath(new URL('../../docs/guides/simulate.md', import.meta.url));
const EXAMPLE = /```sh\nnpx switchboard (simulate [^\n]*)\n```\n\n```text\n([\s\S]*?)```\n/g;

const SAVED = /Save this as `([^`]+)`:\n\n```yaml\n([\s\S]*?)```/g;

const folder = new TempFolder();

afterAll(() => folder.remove());

const END_OF_BLOCK = '```\n';

/** Below the guide's folder: of those that the run of two policies draws. */
const PICTURES = ['errors.svg', 'load-1.svg'];
/** Of a machine that does much else. */
const TIMEOUT_MS = 240_000;

/** Files that the guide tells its readers to save are where they are looked for; pictures of runs go there too. */
async function outputOf(command: string): Promise<string> {
  const args = command.split(' ').map((word) => (word.endsWith('.yaml') ? folder.at(word) : word));
  const drawing = command.includes('--compare') ? ['--svg', folder.path] : [];
  let said = '';
  const out = (text: string): void => {
    said += text;
  };
  let remarks = '';
  const err = (text: string): void => {
    remarks += text;
  };
  const code = await runCli([...args, ...drawing], { env: {}, out, err });
  expect({ command, code }).toEqual({ command, code: 0 });
  expect(remarks.split('\n').filter((line) => line !== '' && !line.startsWith('drew '))).toEqual([]);
  return said.replaceAll(`${folder.path}/`, '');
}

describe('docs/guides/simulate.md', () => {
  it(
    'shows what its commands print and draw',
    async () => {
      const guide = readFileSync(GUIDE, 'utf8');
      const saved = [...guide.matchAll(SAVED)];
      expect(saved.length).toBe(2);
      for (const [, file = '', manifest = ''] of saved) folder.write(file, manifest);
      const examples = [...guide.matchAll(EXAMPLE)];
      expect(examples.length).toBe(4);
      let shown = guide;
      for (const [block, command = '', text = ''] of examples) {
        const output = await outputOf(command);
        const before = block.slice(0, block.length - text.length - END_OF_BLOCK.length);
        shown = shown.replace(block, () => before + output + END_OF_BLOCK);
      }
      const pictures = PICTURES.map((name) => ({ name, drawn: readFileSync(folder.at(name), 'utf8') }));
      if (process.env['UPDATE_GOLDEN'] === '1') {
        writeFileSync(GUIDE, shown);
        for (const { name, drawn } of pictures) writeFileSync(pictureOf(name), drawn);
      }
      expect(readFileSync(GUIDE, 'utf8')).toBe(shown);
      for (const { name, drawn } of pictures) {
        expect(guide).toContain(`](simulate/${name})`);
        expect(readFileSync(pictureOf(name), 'utf8')).toBe(drawn);
      }
    },
    TIMEOUT_MS,
  );
});

function pictureOf(name: string): string {
  return fileURLToPath(new URL(`../../docs/guides/simulate/${name}`, import.meta.url));
}
