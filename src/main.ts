// The program: argv → command → exit code.
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { codeOf, messageOf } from './base/coded-error.ts';

// Before anything large is loaded: a sidecar starts from the sources in 0.21 s instead of 0.32 s; from the bundle there is little to gain. In
// the user's own folder, since whoever can write there decides what we run; where there is none, everything is compiled anew.
const caches = process.env['XDG_CACHE_HOME'] || (process.env['HOME'] && join(process.env['HOME'], '.cache'));
if (caches) enableCompileCache(join(caches, 'switchboard'));

const FRAMES_SHOWN = 4;

const args = process.argv.slice(2);
if (args[0] === 'proxy-worker' && process.send !== undefined) await runAsWorker();
const { COMMANDS } = await import('./cli/index.ts');
const daemon = COMMANDS.find((row) => row.name === args[0])?.daemon === true;

// `switchboard endpoints | head`: a reader that has seen enough is no error. A daemon serves on without its reader.
process.stdout.on('error', (error) => {
  if (codeOf(error) === 'EPIPE' && !daemon) process.exit(0);
});
process.stderr.on('error', () => {});
process.on('uncaughtException', onUncaught);

const { runCli } = await import('./cli/run.ts');
process.exitCode = await runCli(args, {
  env: process.env,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
// Whatever a daemon has left open must not keep it here.
if (daemon) process.exit();

/** Loads neither commands nor what speaks with a control plane. Does not return where it was a worker. */
async function runAsWorker(): Promise<void> {
  const { runWorkerCommand } = await import('./cli/worker.ts');
  process.stderr.on('error', () => {});
  process.stdout.on('error', () => {});
  const run = runWorkerCommand((text) => void process.stderr.write(text));
  if (run === null) return;
  process.on('uncaughtException', onUncaught);
  await run;
  process.exit();
}

function onUncaught(error: Error): never {
  process.stderr.write(`switchboard: internal error: ${messageOf(error)}${whereOf(error)}\n`);
  process.exit(1);
}

/** The innermost frames on the same line: enough to find the place, and one crash stays one line of a log. */
function whereOf(error: Error): string {
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '));
  return frames
    .slice(0, FRAMES_SHOWN)
    .map((frame) => ` ${frame.trim()}`)
    .join('');
}
