// The benches' command line: the table of scenarios.
import { AB_USAGE, abCommand } from './ab.ts';
import { UsageError } from './arguments.ts';
import { CONTROL_PLANE_USAGE, controlPlaneCommand } from './control-plane.ts';
import { FOOTPRINT_USAGE, footprintCommand } from './footprint.ts';
import { MICRO_USAGE, microCommand } from './micro/run.ts';
import { proxiesCommand, proxiesUsage } from './proxies.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import { PROXY_SCENARIOS } from './proxy-scenarios.ts';
import { PUBLISH_USAGE, publishCommand } from './publish.ts';

interface Scenario {
  readonly name: string;
  readonly usage: string;
  /** Resolves with the exit code; throws UsageError for arguments that it does not understand. */
  readonly run: (args: readonly string[]) => Promise<number>;
}

/** The first one runs when none is named. */
const SCENARIOS: readonly Scenario[] = [
  ...PROXY_SCENARIOS.map(commandOf),
  { name: 'footprint', usage: FOOTPRINT_USAGE, run: footprintCommand },
  { name: 'control-plane', usage: CONTROL_PLANE_USAGE, run: controlPlaneCommand },
  { name: 'ab', usage: AB_USAGE, run: abCommand },
  { name: 'publish', usage: PUBLISH_USAGE, run: publishCommand },
  { name: 'micro', usage: MICRO_USAGE, run: microCommand },
];

const USAGE = `Usage: npm run bench [-- ${SCENARIOS.map(({ name }) => name).join(' | ')} [OPTIONS]]
${SCENARIOS.map(({ usage }) => usage).join('\n')}`;

function commandOf(scenario: ProxyScenario): Scenario {
  const usage = proxiesUsage(scenario);
  return { name: scenario.command, usage, run: (args) => proxiesCommand(scenario, args) };
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    console.log(USAGE);
    return 0;
  }
  const named = args[0] !== undefined && !args[0].startsWith('-');
  const scenario = named ? SCENARIOS.find(({ name }) => name === args[0]) : SCENARIOS[0];
  if (scenario === undefined) throw new UsageError(`unknown bench: ${args[0]}`);
  return scenario.run(named ? args.slice(1) : args);
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
