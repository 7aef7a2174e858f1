// The command `bench control-plane`: what first syncs and changes cost the control plane, and what a sidecar holds in memory.
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { readArguments, readCount, readNames, UsageError } from './arguments.ts';
import { planCpus } from './bed/cpus.ts';
import { Programs } from './bed/programs.ts';
import { Workers } from './bed/workers.ts';
import { type PushOptions, PushRun } from './control-plane/push-run.ts';
import { measureSidecar, SIDECAR_BUNDLE, type SidecarBed } from './control-plane/sidecar-size.ts';
import { readKernelUnits } from './measure/process-usage.ts';
import {
  type PushSummary,
  renderPushes,
  renderSidecars,
  SIDECAR_SCOPES,
  type SidecarResult,
  summarizePush,
} from './report/control-plane-report.ts';
import { keepResults } from './report/keep-results.ts';

/** Services in the smaller mesh of the sidecar. */
const SMALL_MESH = 10;
const LINES = ['named', 'wildcard', 'sidecar'] as const;
type Line = (typeof LINES)[number];

export const CONTROL_PLANE_USAGE = `  control-plane   first sync and single changes with many incremental subscribers; a sidecar's memory
            --services     in the mesh, default 1000     --endpoints  of each, default 10
            --subscribers  default 500                   --each       Services of a named subscriber, default 20
            --processes    that hold them, default 4     --seconds    of changes, default 20
            --rate         changes per second, default 10
            --sidecar-services  in the larger mesh of the sidecar, default 10000
            --only         some of: ${LINES.join(', ')}
            --profile DIR  writes a CPU profile of each control plane`;

const OPTIONS = {
  services: { type: 'string', default: '1000' },
  endpoints: { type: 'string', default: '10' },
  subscribers: { type: 'string', default: '500' },
  each: { type: 'string', default: '20' },
  processes: { type: 'string', default: '4' },
  seconds: { type: 'string', default: '20' },
  rate: { type: 'string', default: '10' },
  'sidecar-services': { type: 'string', default: '10000' },
  only: { type: 'string', default: '' },
  profile: { type: 'string', default: '' },
} as const;

interface Options extends PushOptions {
  readonly lines: readonly Line[];
  readonly sidecarServices: number;
}

interface Figures {
  readonly pushes: readonly PushSummary[];
  readonly sidecars: readonly SidecarResult[];
}

/** Resolves with the exit code. */
export async function controlPlaneCommand(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (process.platform !== 'linux') throw new Error('this bench needs Linux (taskset, /proc)');
  if (options.lines.includes('sidecar') && !existsSync(SIDECAR_BUNDLE)) {
    throw new Error('the sidecar has no bundle; run: npm run build');
  }
  const figures = await withBed((bed) => runLines(bed, options));
  const file = keepResults('control-plane', { settings: options, ...figures });
  console.log(render(options, figures));
  console.log(`kept as ${relative(process.cwd(), file)}`);
  return figures.pushes.every(({ errors }) => errors === 0) ? 0 : 1;
}

function readOptions(args: readonly string[]): Options {
  const { values } = readArguments(args, OPTIONS);
  const count = (name: Exclude<keyof typeof values, 'only' | 'profile'>, maximum: number): number =>
    readCount(`--${name}`, values[name], maximum);
  const options = {
    services: count('services', 100_000),
    endpoints: count('endpoints', 100),
    subscribers: count('subscribers', 5_000),
    each: count('each', 1_000),
    processes: count('processes', 64),
    seconds: count('seconds', 600),
    rate: count('rate', 1_000),
    sidecarServices: count('sidecar-services', 100_000),
    profile: values.profile === '' ? null : resolve(values.profile),
    lines: LINES.filter((line) => values.only === '' || readNames('--only', values.only, LINES).includes(line)),
  };
  const changes = options.seconds * options.rate;
  if (changes <= options.services) return options;
  throw new UsageError(`${changes} changes need as many --services: each changes at most once`);
}

async function withBed<T>(run: (bed: SidecarBed) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
  const bundles = join(folder, 'bundles');
  mkdirSync(bundles);
  const [programs, workers] = [new Programs(), new Workers(bundles)];
  const clean = (): void => {
    workers.killAll();
    programs.killAll();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once('exit', clean);
  try {
    const say = (line: string): void => console.error(line);
    return await run({ workers, programs, cpus: planCpus(), units: readKernelUnits(), say });
  } finally {
    await Promise.all([workers.stopAll(), programs.stopAll()]);
    process.off('exit', clean);
    clean();
  }
}

async function runLines(bed: SidecarBed, options: Options): Promise<Figures> {
  const pushes: PushSummary[] = [];
  const sidecars: SidecarResult[] = [];
  for (const line of options.lines) {
    if (line === 'sidecar') {
      for (const scope of SIDECAR_SCOPES) {
        for (const services of [SMALL_MESH, options.sidecarServices]) {
          sidecars.push(await measureSidecar(bed, services, scope));
        }
      }
    } else {
      const result = await new PushRun(bed, options, line).run();
      for (const reason of new Set(result.failures)) bed.say(`${line}: a stream failed: ${reason}`);
      pushes.push(summarizePush(result));
    }
  }
  return { pushes, sidecars };
}

/** Above this share of a CPU, what others did shows in the figures. */
const QUIET_SHARE = 0.1;

function render(options: Options, { pushes, sidecars }: Figures): string {
  const { services, endpoints, subscribers, each, processes, seconds, rate } = options;
  const disturbed = pushes.some(({ othersShare }) => othersShare > QUIET_SHARE);
  return [
    '',
    `control-plane: ${services} Services × ${endpoints} endpoints, ${subscribers} subscribers in ${processes} processes (named: ${each} Services each), ${rate} changes/s for ${seconds} s`,
    ...(pushes.length > 0 ? ['', renderPushes(pushes)] : []),
    ...(sidecars.length > 0 ? ['', renderSidecars(sidecars)] : []),
    '',
    ...(disturbed ? ['DISTURBED: other programs used these CPUs too; run again when the machine is quiet.'] : []),
  ].join('\n');
}
