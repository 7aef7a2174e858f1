// Suites that need real programs: run where they are, skipped with the reason where they are not.
import { findPeer } from './peers.ts';

/** Paths by program name. */
export type PeerPaths = Readonly<Record<string, string>>;

/**
 * A `describe` whose tests run real `programs`. Where one is missing, its tests are skipped and counted, and the title says what is missing
 * and how to get it; `.ci/run` counts that as a failure. `suite` is called in both cases (jest collects what it skips): it may use the paths
 * inside hooks and tests only.
 */
export function describeWithPeers(
  title: string,
  programs: readonly string[],
  suite: (paths: PeerPaths) => void,
  find: (program: string) => string | null = findPeer,
): void {
  const found = programs.map((program) => ({ program, path: find(program) }));
  const missing = found.filter(({ path }) => path === null).map(({ program }) => program);
  const paths = Object.fromEntries(found.map(({ program, path }) => [program, path ?? '']));
  const run = missing.length === 0 ? describe : describe.skip;
  run(skipTitle(title, missing), () => suite(paths));
}

/** The title as it stands in reports: with the reason when something is missing. */
export function skipTitle(title: string, missing: readonly string[]): string {
  if (missing.length === 0) return title;
  return `${title} (no ${missing.join(', ')} on this machine: npm run peers)`;
}
