// What a Node program has allocated on V8's heap since its start, asked for from outside.
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Loaded into the program before its own code: at SIGUSR2 it appends the number of bytes to a file. */
const PROBE = `
import { appendFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';
process.on('SIGUSR2', () => {
  appendFileSync(process.env.BENCH_ALLOCATION_FILE, getHeapStatistics().total_allocated_bytes + '\\n');
});`;

const ANSWER_LIMIT_MS = 5_000;
const POLL_MS = 5;

/** Options for Node, and the environment, of a program that shall tell it in `file`. */
export function allocationProbe(file: string) {
  const url = `data:text/javascript,${encodeURIComponent(PROBE)}`;
  return { nodeOptions: ['--import', url], env: { BENCH_ALLOCATION_FILE: file } };
}

/** Throws when the program does not answer. */
export async function readAllocatedBytes(pid: number, file: string): Promise<number> {
  const known = readAnswers(file).length;
  process.kill(pid, 'SIGUSR2');
  const deadline = performance.now() + ANSWER_LIMIT_MS;
  while (performance.now() < deadline) {
    const answer = readAnswers(file)[known];
    if (answer !== undefined) return answer;
    await delay(POLL_MS);
  }
  throw new Error(`process ${pid} did not tell in ${ANSWER_LIMIT_MS / 1000} s what it has allocated`);
}

/** Lines that are whole. */
function readAnswers(file: string): readonly number[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'latin1').split('\n').slice(0, -1).map(Number);
}
