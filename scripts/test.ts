// `npm test`: the checks, then every test that this machine can run; the last line is the count, whatever happened before.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runJest } from './jest.ts';
import { runSteps, STATIC_STEPS } from './steps.ts';
import { countResults, type JestReport, renderCounts, renderSkipped } from './test-report.ts';

const USAGE = `Usage: npm test [-- [--require-peers] [JEST ARGUMENTS…]]
  Runs the checks and all tests; with jest arguments (a path, -t NAME) only those tests.
  --require-peers   a test that is skipped because a peer is missing counts as failed`;

const root = fileURLToPath(new URL('..', import.meta.url));

/** Far above what all tests take. */
const LIMIT_MS = 25 * 60_000;

/** Resolves with the exit code: 0 nothing failed, 1 something did, 128 + signal when interrupted. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    console.log(USAGE);
    return 0;
  }
  const requirePeers = args.includes('--require-peers');
  const jestArgs = args.filter((argument) => argument !== '--require-peers');
  const failedSteps = jestArgs.length === 0 ? await runSteps(STATIC_STEPS) : [];
  const { code, report, interruptedBy } = await runTests(jestArgs);
  for (const line of renderSkipped(report, root)) console.log(line);
  for (const name of failedSteps) console.log(`failed: ${name} (see above)`);
  if (interruptedBy !== null) console.log(`interrupted by ${interruptedBy}: what follows is not the whole`);
  const counts = countResults({ report, jestCode: code, failedSteps: failedSteps.length, requirePeers });
  console.log(renderCounts(counts));
  if (interruptedBy !== null) return 128 + constants.signals[interruptedBy];
  return counts.failed === 0 ? 0 : 1;
}

async function runTests(args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-test-'));
  const file = join(folder, 'report.json');
  try {
    const end = await runJest(['--json', `--outputFile=${file}`, ...args], LIMIT_MS);
    return { ...end, report: readReport(file) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** null when jest wrote none, or half of one. */
function readReport(file: string): JestReport | null {
  try {
    return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null;
  } catch {
    return null;
  }
}

process.exitCode = await main(process.argv.slice(2));
