// The benches' command line: which bench to run, how often and how long.
import { parseArgs } from 'node:util';
import { HTTP1_CONTENDERS } from './contenders/index.ts';
import { runMicro } from './micro/run.ts';
import { runProxies } from './proxies.ts';

const USAGE = `Usage: npm run bench [-- proxies [--rounds N] [--seconds N] [--only NAME,NAME…]]
       npm run bench -- micro [NAME]
  proxies   HTTP/1.1 through our sidecar and its peers, in one run; a table of ratios (the default)
            --rounds   1 to 100, default 5      --seconds  of each round, 1 to 60, default 4
            --only     some of: ${HTTP1_CONTENDERS.map(({ name }) => name).join(', ')}
  micro     bench/micro/**/*.bench.ts, or those whose path or name holds NAME`;

const OPTIONS = {
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '4' },
  only: { type: 'string', default: '' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

class UsageError extends Error {}

/** Resolves with the exit code; throws UsageError for arguments that it does not understand. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [command = 'proxies', name = ''] = positionals;
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  if (command === 'micro') return runMicro(name);
  if (command !== 'proxies') throw new UsageError(`unknown bench: ${command}`);
  const only = values.only.split(',').filter((part) => part !== '');
  const unknown = only.filter((part) => !HTTP1_CONTENDERS.some((contender) => contender.name === part));
  if (unknown.length > 0) throw new UsageError(`--only: unknown proxy: ${unknown.join(', ')}`);
  const rounds = integer('--rounds', values.rounds, 100);
  return runProxies({ rounds, secondsPerRound: integer('--seconds', values.seconds, 60), only });
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function integer(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw new UsageError(`${option}: ${text} is not a whole number from 1 to ${maximum}`);
}

// Leaving through exit runs the handlers that end what was started.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  const wrongUsage = error instanceof UsageError;
  console.error(`bench: ${error instanceof Error ? error.message : error}${wrongUsage ? `\n\n${USAGE}` : ''}`);
  process.exitCode = wrongUsage ? 2 : 1;
}
