// What earlier runs left in bench/results, newest first.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Outcome } from '../report/proxies-report.ts';

/** As keepResults writes it. */
export interface KeptRun {
  /** Name of the file. */
  readonly file: string;
  readonly scenario: string;
  /** RFC 3339, UTC. */
  readonly date: string;
  readonly machine: { readonly cpu: string; readonly cpuCount: number; readonly kernel: string };
  readonly node: string;
  /** What was built, as `git describe` tells it. */
  readonly revision: string;
  /** The command that was run. */
  readonly command: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Of a scenario that runs workloads through proxies. */
export interface KeptProxiesRun extends KeptRun {
  readonly settings: { readonly set: string; readonly rounds: number; readonly secondsPerRound: number };
  readonly workloads: readonly KeptWorkload[];
}

export interface KeptWorkload {
  readonly workload: { readonly name: string; readonly what: string };
  readonly outcomes: readonly Outcome[];
}

/** Files that are not of this form, such as those of older versions of the bench, are left aside. */
export function readKeptRuns(folder: string): readonly KeptRun[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.json'));
  const runs = names.flatMap((name) => parseKeptRun(name, readFileSync(join(folder, name), 'utf8')) ?? []);
  return runs.toSorted((left, right) => (left.date < right.date ? 1 : -1));
}

/** null for what is not of this form. */
export function parseKeptRun(file: string, text: string): KeptRun | null {
  try {
    const run: Partial<KeptRun> | null = JSON.parse(text);
    if (typeof run?.scenario !== 'string' || typeof run.date !== 'string' || typeof run.command !== 'string')
      return null;
    return run.settings === undefined ? null : ({ ...run, file } as KeptRun);
  } catch {
    return null;
  }
}

export function isProxiesRun(run: KeptRun): run is KeptProxiesRun {
  return typeof run.settings['set'] === 'string' && 'workloads' in run && Array.isArray(run.workloads);
}
