// Help on a terminal of 80 columns.
import { COMMANDS } from '../../../src/cli/index.ts';
import { runCli } from '../../../src/cli/run.ts';
import { wrapHelp } from '../../../src/cli/wrap-help.ts';

describe('help', () => {
  it('has paragraphs wrapped at 80 columns, and lists, headings and examples as they stand', () => {
    const example = `  switchboard ${'x'.repeat(90)}     as it stands`;
    const text = `Examples:\n${example}\n\n${'word '.repeat(30).trim()}\nand on.\n`;
    expect(wrapHelp(text).split('\n')).toEqual([
      'Examples:',
      example,
      '',
      'word word word word word word word word word word word word word word word word',
      'word word word word word word word word word word word word word word and on.',
      '',
    ]);
  });

  it.each(COMMANDS.map(({ name }) => name))('of %s has no sentence that is broken by such a terminal', async (name) => {
    let help = '';
    const out = (text: string): void => {
      help += text;
    };
    expect(await runCli([name, '--help'], { env: {}, out, err: out })).toBe(0);
    expect(help.split('\n').filter((line) => line.length > 80 && !/^ {2}\S/.test(line))).toEqual([]);
  });
});
