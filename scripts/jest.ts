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
  // A group of its own, so that one signal ends jest and its workers alike; watching needs the terminal's own group.
  const ownGroup = !args.some((argument) => argument.startsWith('--watch'));
  const child = spawn(process.execPath, [...flags, jest, '--maxWorkers=2', ...args], {
    cwd: root,
    stdio: 'inherit',
    detached: ownGroup,
  });
  const end = (signal: NodeJS.Signals): void => {
    if (child.pid !== undefined && child.exitCode === null) killIfThere(ownGroup ? -child.pid : child.pid, signal);
  };
  let interruptedBy: NodeJS.Signals | null = null;
  const passOn = (signal: NodeJS.Signals): void => {
    interruptedBy = signal;
    end(signal);
  };
  for (const signal of SIGNALS) process.on(signal, passOn);
  const giveUp = (): void => {
    console.error(`jest did not end within ${limitMs} ms and is killed`);
    end('SIGKILL');
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

function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

if (import.meta.main) process.exitCode = (await runJest(process.argv.slice(2))).code;
