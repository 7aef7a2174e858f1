// The checks that need no test runner, one row each, and how a step is run and timed.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = join(root, 'node_modules', '.bin');

export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** What `npm run check` and `npm test` both begin with; one row each. */
export const STATIC_STEPS: readonly Step[] = [
  { name: 'format and lint', command: join(bin, 'biome'), args: ['check', '--error-on-warnings', '.'] },
  { name: 'types', command: join(bin, 'tsc'), args: ['-p', '.'] },
  { name: 'generated files', command: process.execPath, args: ['scripts/gen.ts', '--check'] },
];

/** Prints one line with the step's time, and what the step printed when it fails. Resolves with whether it passed. */
export async function runStep(step: Step): Promise<boolean> {
  const started = performance.now();
  const { passed, output } = await capture(step);
  reportStep(step.name, passed, performance.now() - started);
  if (!passed) console.log(output.trimEnd().replace(/^/gm, '  '));
  return passed;
}

export function reportStep(name: string, passed: boolean, elapsedMs: number): void {
  console.log(`${passed ? '✓' : '✗'} ${name.padEnd(40)} ${(elapsedMs / 1000).toFixed(1).padStart(5)} s`);
}

/** Names of the steps that failed; every step runs, so that one run tells everything. */
export async function runSteps(steps: readonly Step[]): Promise<string[]> {
  const failed: string[] = [];
  for (const step of steps) {
    if (!(await runStep(step))) failed.push(step.name);
  }
  return failed;
}

function capture(step: Step): Promise<{ passed: boolean; output: string }> {
  // The tools' launchers ask PATH for `node`: it shall be the pinned one.
  const env = { ...process.env, PATH: [bin, process.env['PATH'] ?? ''].join(delimiter) };
  const child = spawn(step.command, step.args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ passed: false, output: `could not be started: ${error.message}` }));
    child.on('close', (code, signal) => {
      resolve({ passed: code === 0, output: signal === null ? output : `${output}ended by ${signal}` });
    });
  });
}
