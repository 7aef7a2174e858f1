// Two builds side by side: the checkout as it is, and a revision of it.
import { spawnSync } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from '../../scripts/build.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUNDLE = 'switchboard.mjs';

export interface Build {
  /** The commit, with `+` where the checkout has changes on top. */
  readonly version: string;
  readonly bundle: string;
}

/** The checkout with all that is not committed, built into `folder`. */
export async function buildCheckout(folder: string): Promise<Build> {
  await buildBundle(folder);
  const changed = git(['status', '--porcelain', '--untracked-files=no']) !== '';
  return { version: `${git(['rev-parse', '--short', 'HEAD'])}${changed ? '+' : ''}`, bundle: join(folder, BUNDLE) };
}

export interface RevisionBuild extends Build {
  /** It was built with the packages of this checkout, which its lock file does not name. */
  readonly otherPackages: boolean;
}

/** The commit that a person calls `revision`. Throws when there is none. */
export function resolveRevision(revision: string): string {
  return git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`]);
}

/** Checked out into `folder`, which must not exist; `dropRevision` takes it away again. Throws with the build's own complaint. */
export function buildRevision(commit: string, folder: string): RevisionBuild {
  git(['worktree', 'add', '--quiet', '--detach', folder, commit]);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  run(process.execPath, ['scripts/build.ts'], folder);
  const lock = (root: string): string => readFileSync(join(root, 'package-lock.json'), 'utf8');
  const version = git(['rev-parse', '--short', commit]);
  return { version, bundle: join(folder, 'dist', BUNDLE), otherPackages: lock(folder) !== lock(ROOT) };
}

/** Never throws: it runs where there is no way back. */
export function dropRevision(folder: string): void {
  spawnSync('git', ['worktree', 'remove', '--force', folder], { cwd: ROOT, stdio: 'ignore' });
}

function git(args: readonly string[]): string {
  return run('git', args, ROOT);
}

function run(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status === 0) return stdout.trim();
  const complaint = error?.message ?? (stderr.trim() || `it ended with ${status}`);
  throw new Error(`${command} ${args.join(' ')}: ${complaint}`);
}
