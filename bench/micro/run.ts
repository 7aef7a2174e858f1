// The command `bench micro`: runs each *.bench.ts in a process of its own, so that none spoils another's type feedback.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { readArguments } from '../arguments.ts';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const MODULE = fileURLToPath(new URL('run-module.ts', import.meta.url));

/** How run-module.ts says that the name chose none of its benches. */
export const NOTHING_CHOSEN = 4;

export const MICRO_USAGE = '  micro [NAME]    bench/micro/**/*.bench.ts, or those whose path or name holds NAME';

/** Resolves with the exit code. */
export async function microCommand(args: readonly string[]): Promise<number> {
  const [name = ''] = readArguments(args, {}).positionals;
  return runMicro(name);
}

/** `name` is part of a file's path or of a bench's name; all when empty. Answers the exit code. */
function runMicro(name: string): number {
  const files = globSync('**/*.bench.ts', { cwd: FOLDER }).sort();
  const codes = files.map(
    (file) => spawnSync(process.execPath, [MODULE, file, name], { cwd: FOLDER, stdio: 'inherit' }).status ?? 1,
  );
  if (codes.every((code) => code === NOTHING_CHOSEN)) {
    console.error(
      `no micro bench${name === '' ? '' : ` whose path or name holds "${name}"`} in bench/micro/**/*.bench.ts`,
    );
    return 1;
  }
  return codes.every((code) => code === 0 || code === NOTHING_CHOSEN) ? 0 : 1;
}
