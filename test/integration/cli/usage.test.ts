// Promises of the commands to whoever calls them: help, exit codes, one clear line.
import { COMMANDS } from '../../../src/cli/index.ts';
import { runCli, startCli } from '../../support/run-cli.ts';

describe('switchboard', () => {
  it('lists every command with --help and ends with 0', async () => {
    const { code, stdout, stderr } = await runCli(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const row of COMMANDS) expect(stdout).toMatch(new RegExp(`^ {2}${row.name}\\b`, 'm'));
    expect(stdout).toContain('switchboard up examples/my-api');
  });

  it('explains itself on stderr and ends with 2 when it is called without a command', async () => {
    const { code, stdout, stderr } = await runCli([]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('Usage: switchboard [options] [command]');
  });

  it.each([[['endpiont']], [['endpiont', '--help']], [['help', 'endpiont']], [['endpiont', '-o', 'json']]])(
    'names the nearest command for an unknown one and ends with 2: %j',
    async (args) => {
      expect(await runCli(args)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: "switchboard: unknown command 'endpiont'\n(Did you mean endpoints?)\nSee `switchboard --help`.\n",
      });
    },
  );

  it('ends quietly with 0 when the reader of its answer has left', async () => {
    const help = startCli(['--help']);
    help.child.stdout?.destroy();
    expect(await help.ended).toBe(0);
    expect(help.output()).toBe('');
  });

  it('tells its version', async () => {
    const { code, stdout } = await runCli(['--version']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe.each(COMMANDS.map((row) => row.name))('switchboard %s', (name) => {
  it('teaches with --help, examples included, and ends with 0', async () => {
    const { code, stdout, stderr } = await runCli([name, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`Usage: switchboard ${name} `);
    expect(stdout).toContain('Examples:\n');
  });

  it('refuses an unknown option with 2 and says where to look', async () => {
    const { code, stdout, stderr } = await runCli([name, '--no-such-option']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`switchboard: unknown option '--no-such-option'`);
    expect(stderr).toContain(`See \`switchboard ${name} --help\`.`);
  });
});
