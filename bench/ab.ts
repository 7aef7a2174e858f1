// The command `bench ab`: whether the checkout costs more than a revision of it, on the same machine at the same time.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { AB_LOADS, type AbLoad } from './ab-loads.ts';
import { readArguments, readCount, readNames, UsageError } from './arguments.ts';
import { type Build, buildCheckout, buildRevision, dropRevision, resolveRevision } from './bed/revisions.ts';
import type { Contender } from './contender.ts';
import { startSwitchboard } from './contenders/switchboard.ts';
import { allocationProbe, readAllocatedBytes } from './measure/allocation.ts';
import { runProxies } from './proxies-run.ts';
import { compare, type Pair, renderComparisons, renderVerdict } from './report/ab-report.ts';
import { keepResults } from './report/keep-results.ts';
import type { Sample } from './report/proxies-report.ts';

const LOADS = AB_LOADS.map(({ workload }) => workload.name);
/** Fewer say little. */
const ENOUGH_ROUNDS = 30;

export const AB_USAGE = `  ab REV          our sidecar as it is here against that of a revision: CPU and allocations per request, and how sure that is
            --starts   of both, 1 to 50, default 5     --rounds   for each start, 1 to 100, default 6
            --seconds  of each round, default 2        --load     one of: ${LOADS.join(', ')}
            --seed     of the intervals, default 1`;

const OPTIONS = {
  starts: { type: 'string', default: '5' },
  rounds: { type: 'string', default: '6' },
  seconds: { type: 'string', default: '2' },
  load: { type: 'string', default: LOADS[0] ?? '' },
  seed: { type: 'string', default: '1' },
} as const;

interface AbOptions {
  readonly commit: string;
  readonly starts: number;
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly load: AbLoad;
  readonly seed: number;
}

/** Resolves with the exit code. */
export async function abCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (taskset, /proc)');
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-ab-'));
  const checkout = join(folder, 'before');
  const clean = (): void => {
    dropRevision(checkout);
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clean);
  try {
    const before = buildRevision(options.commit, checkout);
    const after = await buildCheckout(join(folder, 'after'));
    return report(options, after, before, await runPairs(options, after, before, folder));
  } finally {
    process.off('exit', clean);
    clean();
  }
}

function readOptions(args: readonly string[]): AbOptions {
  const { values, positionals } = readArguments(args, OPTIONS);
  const [revision, ...rest] = positionals;
  if (revision === undefined || rest.length > 0) throw new UsageError('ab: name one revision, e.g. HEAD or main~3');
  const [name] = readNames('--load', values.load, LOADS);
  const load = AB_LOADS.find(({ workload }) => workload.name === name);
  if (load === undefined) throw new UsageError(`--load: name one of ${LOADS.join(', ')}`);
  return {
    commit: resolveRevision(revision),
    starts: readCount('--starts', values.starts, 50),
    rounds: readCount('--rounds', values.rounds, 100),
    secondsPerRound: readCount('--seconds', values.seconds, 60),
    load,
    seed: readCount('--seed', values.seed, 2 ** 31),
  };
}

/** New processes for each start, or what V8 happened to compile in one of them would pass for the build. */
async function runPairs(options: AbOptions, after: Build, before: Build, folder: string): Promise<readonly Pair[]> {
  const say = (line: string): void => console.error(line);
  const pairs: Pair[] = [];
  for (let start = 1; start <= options.starts; start += 1) {
    say(`start ${start} of ${options.starts}`);
    const place = join(folder, `start-${start}`);
    mkdirSync(place);
    const { load } = options;
    const builds = [contenderOf('after', after, load, place), contenderOf('before', before, load, place)];
    const contenders = start % 2 === 1 ? builds : builds.toReversed();
    const { runs, leftOut } = await runProxies(load.scenario, {
      ...options,
      set: 'bare',
      contenders,
      workloads: [load.workload],
      say,
    });
    const lost = leftOut.map(({ name, reason }) => `${name}: ${reason}`);
    if (lost.length > 0) throw new Error(`a build does not run: ${lost.join('; ')}`);
    const samplesOf = (name: keyof Pair): readonly Sample[] =>
      runs.flatMap(({ outcomes }) => outcomes.filter((outcome) => outcome.name === name)).flatMap((one) => one.samples);
    pairs.push({ after: samplesOf('after'), before: samplesOf('before') });
  }
  return pairs;
}

function contenderOf(name: keyof Pair, { bundle, version }: Build, { appProtocol }: AbLoad, folder: string): Contender {
  const file = join(folder, `${name}-allocated`);
  const { nodeOptions, env } = allocationProbe(file);
  const speaking = appProtocol === undefined ? {} : { appProtocol };
  return {
    name,
    available: () => null,
    version: () => version,
    async start(place) {
      const proxy = await startSwitchboard(place, { bundle, nodeOptions, env, ...speaking });
      return { ...proxy, readAllocatedBytes: () => readAllocatedBytes(proxy.pid, file) };
    },
  };
}

/** Answers the exit code. */
function report(
  options: AbOptions,
  after: Build,
  before: ReturnType<typeof buildRevision>,
  pairs: readonly Pair[],
): number {
  const { starts, rounds, secondsPerRound, seed } = options;
  const { workload } = options.load;
  const comparisons = compare(pairs, seed);
  const errors = pairs
    .flatMap((pair) => [...pair.after, ...pair.before])
    .reduce((sum, sample) => sum + sample.errors, 0);
  const settings = { starts, rounds, secondsPerRound, workload, seed, after: after.version, before: before.version };
  const file = keepResults('ab', { settings, comparisons, pairs });
  const [cpu] = comparisons;
  const lines = [
    '',
    `ab: after ${after.version}, before ${before.version}; ${workload.what}; ${starts} starts of ${rounds} rounds of ${secondsPerRound} s`,
    '',
    renderComparisons(comparisons),
    '',
    ...(cpu === undefined ? [] : [renderVerdict(cpu)]),
    ...(starts * rounds < ENOUGH_ROUNDS ? [`fewer than ${ENOUGH_ROUNDS} rounds: the interval says little`] : []),
    ...(before.otherPackages ? ['the revision names other packages; it was built with those of this checkout'] : []),
    ...(errors > 0 ? [`${errors} errors: the figures are spoilt`] : []),
    `kept as ${relative(process.cwd(), file)}`,
  ];
  console.log(lines.join('\n'));
  return errors > 0 ? 1 : 0;
}
