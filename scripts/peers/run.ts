// Runs one command of an installation, with a sign of life while it lasts and its last words when it fails.
import { spawn } from 'node:child_process';

const SIGN_OF_LIFE_MS = 15_000;
const MAX_OUTPUT_CHARS = 64 * 1024;
const LAST_WORDS_LINES = 8;

/** Resolves with what the command printed (its last 64 KiB); throws with the end of it when it exits other than 0. */
export function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const started = Date.now();
  const ticker = setInterval(() => {
    process.stderr.write(`  … ${command} ${args[0] ?? ''} (${Math.round((Date.now() - started) / 1000)} s)\n`);
  }, SIGN_OF_LIFE_MS);
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-MAX_OUTPUT_CHARS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise<string>((resolve, reject) => {
    child.on('error', (error) => reject(new Error(`${command} could not be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ${args.join(' ')} ended with ${code ?? signal}:\n${lastWords(output)}`));
    });
  }).finally(() => clearInterval(ticker));
}

function lastWords(output: string): string {
  const lines = output.trimEnd().split('\n').slice(-LAST_WORDS_LINES);
  return lines.map((line) => `    ${line}`).join('\n');
}
