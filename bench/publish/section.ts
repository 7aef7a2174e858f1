// What a section of the page is made from, and what comes of it.
import type { Chart } from './bar-chart.ts';
import type { KeptRun } from './kept-runs.ts';

export interface Section {
  /** Of its markers in the page, and of its chart's file. */
  readonly name: string;
  /** `runs`: all that are kept, newest first. */
  write(runs: readonly KeptRun[], takeDisturbed: boolean): SectionText;
}

export type SectionText =
  | { readonly kind: 'text'; readonly markdown: string; readonly chart: Chart | null }
  /** Nothing is kept that it could show: what stands in the page stays. */
  | { readonly kind: 'nothing' }
  /** What is kept was disturbed, and that was not to be shown. */
  | { readonly kind: 'refused'; readonly files: readonly string[] };

/** Stands over each table that was made from a disturbed run. */
export const DISTURBED =
  '> **Disturbed:** other programs used the CPUs meanwhile. Ratios are rough, and microseconds mean nothing.';

/** What every table must have, or it compares nothing: this one and one of ours. */
export const REFERENCE = 'envoy';
const OURS: readonly string[] = ['switchboard', 'switchboard-c'];

/** Fewer are a try, not a measurement: the page takes none of them. */
export const ENOUGH_ROUNDS = 3;

export function isOurs(name: string): boolean {
  return OURS.includes(name);
}

export function describeRun({ date, machine, revision, command }: KeptRun): string {
  // The rest of a release names a distribution's or provider's build, which says nothing to others.
  const [kernel = ''] = machine.kernel.split('-', 1);
  const where = `${machine.cpu} with ${machine.cpuCount} CPUs, Linux ${kernel}`;
  return `${date.slice(0, 10)}, ${where}, checkout ${revision}, \`${command}\``;
}
