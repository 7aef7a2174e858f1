// Arguments → command → exit code: one parse, and only the command that was asked for is loaded.
import { Command, CommanderError } from 'commander';
import { CodedError, messageOf } from '../base/coded-error.ts';
import { isUsageError } from './cli-error.ts';
import type { Cli } from './command.ts';
import { COMMANDS } from './index.ts';
import { VERSION } from './version.ts';
import { wrapHelp } from './wrap-help.ts';

const EXIT_OK = 0;
const EXIT_FAILURE = 1;
const EXIT_USAGE = 2;

const EXAMPLES = `
Begin with a mesh on this machine:
  switchboard up examples/my-api     three backends and a client, each pod a process
  curl -x http://127.0.0.1:15001 http://my-api-service/data
  switchboard endpoints              what the client's sidecar holds

Each command has its own --help. Exit codes: 0 success, 1 failed or "no", 2 wrong usage.
`;

/** `args` without the program's name. Resolves with the exit code; never rejects. */
export async function runCli(args: readonly string[], cli: Cli): Promise<number> {
  const program = createProgram(cli);
  const asked = args[0] === 'help' ? args[1] : args[0];
  try {
    for (const row of COMMANDS) {
      const command = program.command(row.name).summary(row.summary).description(row.summary);
      command.showHelpAfterError(`See \`switchboard ${row.name} --help\`.`);
      if (row.name === asked) (await row.load())(command, cli);
    }
    await program.parseAsync(isUnknown(asked) ? [asked] : [...args], { from: 'user' });
    return EXIT_OK;
  } catch (error) {
    return explain(error, asked, cli);
  }
}

/** commander would explain the program to whoever asks for the help of a command that there is not. */
function isUnknown(asked: string | undefined): asked is string {
  return (
    asked !== undefined && !asked.startsWith('-') && asked !== 'help' && !COMMANDS.some(({ name }) => name === asked)
  );
}

function createProgram(cli: Cli): Command {
  return new Command('switchboard')
    .description('A Kubernetes service mesh: one stable name for a Service, every request to a pod that is ready.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('See `switchboard --help`.')
    .configureOutput({
      writeOut: (text) => cli.out(wrapHelp(text)),
      writeErr: (text) => cli.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'switchboard: ')),
    })
    .exitOverride();
}

function explain(error: unknown, command: string | undefined, cli: Cli): number {
  // commander has told it already; it knows one exit code for every error.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_OK : EXIT_USAGE;
  const remedy = error instanceof CodedError && error.remedy !== undefined ? `; ${error.remedy}` : '';
  for (const line of messageOf(error).split('\n')) cli.err(`switchboard ${command}: ${line}${remedy}\n`);
  return error instanceof CodedError && isUsageError(error) ? EXIT_USAGE : EXIT_FAILURE;
}
