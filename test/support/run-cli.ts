// The program itself as a child process, from its sources: for tests of commands.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type ProgramEnd, type ProgramOptions, runProgram } from './run-program.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

/** No SWITCHBOARD_* variable of the caller reaches it, so that a test says what it sets. */
function environment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SWITCHBOARD_'));
  return { ...Object.fromEntries(inherited), ...env };
}

/** Resolves when it has ended. */
export function runCli(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  options: Omit<ProgramOptions, 'env'> = {},
): Promise<ProgramEnd> {
  return runProgram(process.execPath, [MAIN, ...args], { ...options, env: environment(env) });
}

export interface RunningCli {
  readonly child: ChildProcess;
  /** Both streams so far. */
  output(): string;
  /** Resolves with the groups of `pattern` in what it says on stdout or stderr; rejects when it ends before. */
  says(pattern: RegExp): Promise<readonly string[]>;
  /** Resolves with its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>;
}

/** Starts a command that runs until it is told to stop. Its stdin is a pipe. Whoever starts it ends it. */
export function startCli(args: readonly string[], env: Readonly<Record<string, string>> = {}): RunningCli {
  const child = spawn(process.execPath, [MAIN, ...args], { env: environment(env), stdio: 'pipe' });
  let said = '';
  let tell = (): void => {};
  const keep = (chunk: Buffer): void => {
    said += chunk.toString();
    tell();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const says = (pattern: RegExp): Promise<readonly string[]> =>
    new Promise((resolve, reject) => {
      tell = () => {
        const match = pattern.exec(said);
        if (match !== null) resolve(match.slice(1));
      };
      tell();
      ended.then(() => reject(new Error(`ended without saying ${pattern}: ${said}`)));
    });
  return { child, output: () => said, says, ended };
}
