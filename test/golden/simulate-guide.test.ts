// docs/guides/simulate.md shows what its commands print: each block of text behind a command is its output. `UPDATE_GOLDEN=1` writes them anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runCli } from '../../src/cli/run.ts';
import { TempFolder } from '../support/temp-folder.ts';

const GUIDE = fileURLToPath(new URL('../../docs/guides/simulate.md', import.meta.url));
const EXAMPLE = /```sh\nswitchboard (simulate [^\n]*)\n```\n\n```text\n([\s\S]*?)```\n/g;

const folder = new TempFolder();

afterAll(() => folder.remove());

/** Pictures of the guide, below its folder, as the second command draws them. */
const PICTURES = ['errors.svg', 'load-1.svg'];

/** Files that the guide tells its readers to save are where they are looked for. */
async function outputOf(command: string): Promise<string> {
  const args = command.split(' ').map((word) => (word.endsWith('.yaml') ? folder.at(word) : word));
  let said = '';
  const out = (text: string): void => {
    said += text;
  };
  const code = await runCli(args, { env: {}, out, err: out });
  expect({ command, code }).toEqual({ command, code: 0 });
  return said.replaceAll(`${folder.path}/`, '');
}

describe('docs/guides/simulate.md', () => {
  const guide = readFileSync(GUIDE, 'utf8');
  const [, file = '', manifest = ''] = /Save this as `([^`]+)`:\n\n```yaml\n([\s\S]*?)```/.exec(guide) ?? [];
  folder.write(file, manifest);

  it('shows what its commands print', async () => {
    const examples = [...guide.matchAll(EXAMPLE)];
    expect(examples.length).toBe(3);
    let shown = guide;
    for (const [block, command = '', text = ''] of examples) {
      const output = await outputOf(command);
      if (process.env['UPDATE_GOLDEN'] === '1')
        shown = shown.replace(block, () => block.replace(`\`\`\`text\n${text}`, () => `\`\`\`text\n${output}`));
      else expect(text).toBe(output);
    }
    if (shown !== guide) writeFileSync(GUIDE, shown);
  }, 60_000);

  it.each(PICTURES)(
    'shows %s as it is drawn',
    async (picture) => {
      const compare = [...guide.matchAll(EXAMPLE)].map(([, command = '']) => command).find((one) => one.includes(file));
      await outputOf(`${compare} --svg ${folder.path}`);
      const drawn = readFileSync(folder.at(picture), 'utf8');
      const shown = fileURLToPath(new URL(`../../docs/guides/simulate/${picture}`, import.meta.url));
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(shown, drawn);
      expect(guide).toContain(`](simulate/${picture})`);
      expect(readFileSync(shown, 'utf8')).toBe(drawn);
    },
    60_000,
  );
});
