// Runs jest on the pinned Node with native ES modules; arguments go to jest unchanged.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface JestEnd {
  /** jest's exit code; 1 when it could not be started or was ended by a signal. */
  readonly code: number;
  /** The signal that this process got while jest ran; it has been passed on to jest. */
  readonly interruptedBy: NodeJS.Signals | null;
}

/** Resolves when jest has ended. After `limitMs` it is killed, so that a test that hangs ends as a failure. */
export async function runJest(args: readonly string[], limitMs?: number): Promise<JestEnd> {
  const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
  const child = spawn(process.execPath, [...flags, jest, '--maxWorkers=2', ...args], { cwd: root, stdio: 'inherit' });
  let interruptedBy: NodeJS.Signals | null = null;
  // A terminal's Ctrl-C reaches jest by itself; a signal to this process alone does not. Jest ends at the first of both.
  const passOn = (signal: NodeJS.Signals): void => {
    interruptedBy = signal;
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  const giveUp = (): void => {
    console.error(`jest did not end within ${limitMs} ms and is killed`);
    child.kill('SIGKILL');
  };
  const timer = limitMs === undefined ? undefined : setTimeout(giveUp, limitMs);
  const code = await new Promise<number>((resolve) => {
    child.on('error', (error) => {
      console.error(`jest could not be started: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (status) => resolve(status ?? 1));
  });
  clearTimeout(timer);
  for (const signal of SIGNALS) process.off(signal, passOn);
  return { code, interruptedBy };
}

if (import.meta.main) process.exitCode = (await runJest(process.argv.slice(2))).code;
