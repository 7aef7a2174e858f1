// `npm test` ends with its count on the last line whatever the tests do: shown on small projects in a temporary folder.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ProgramOptions, runProgram } from '../support/run-program.ts';

const script = fileURLToPath(new URL('../../scripts/test.ts', import.meta.url));

describe('npm test', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchboard-tests-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  async function run(file: string, args: readonly string[] = [], options: ProgramOptions = {}) {
    writeFileSync(join(folder, 'a.test.cjs'), file);
    const config = JSON.stringify({ rootDir: folder, testMatch: ['**/*.test.cjs'], transform: {} });
    const end = await runProgram(process.execPath, [script, `--config=${config}`, ...args], options);
    return { ...end, lastLine: end.stdout.trimEnd().split('\n').at(-1) };
  }

  it('counts what passed and exits with 0', async () => {
    const end = await run("it('a', () => {}); it('b', () => {});");
    expect(end).toMatchObject({ code: 0, lastLine: '2 passed, 0 failed, 0 skipped' });
  });

  it('counts what failed and exits with 1', async () => {
    const end = await run("it('a', () => {}); it('b', () => { throw new Error('no'); });");
    expect(end).toMatchObject({ code: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
  });

  it('counts a file that cannot be loaded as one failure', async () => {
    const end = await run('throw new Error("broken");');
    expect(end).toMatchObject({ code: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
  });

  it('counts a jest that does not get to its tests as one failure', async () => {
    const end = await run("it('a', () => {});", ['--reporters=no-such-reporter']);
    expect(end).toMatchObject({ code: 1, lastLine: '0 passed, 1 failed, 0 skipped' });
  });

  it('names what was skipped with its reason, and lets it pass', async () => {
    const end = await run("describe.skip('Envoy (no envoy)', () => it('a', () => {})); it('b', () => {});");
    expect(end).toMatchObject({ code: 0, lastLine: '1 passed, 0 failed, 1 skipped' });
    expect(end.stdout).toContain('a.test.cjs: Envoy (no envoy)');
  });

  it('counts what was skipped as failed with --require-peers', async () => {
    const end = await run("it.skip('a', () => {}); it('b', () => {});", ['--require-peers']);
    expect(end).toMatchObject({ code: 1, lastLine: '1 passed, 1 failed, 0 skipped' });
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends at %s with exit code %i and says that it was interrupted', async (signal, code) => {
    const endless = "it('a', () => { process.stderr.write('begun'); return new Promise(() => {}); }, 60_000);";
    const end = await run(endless, [], { signalWhen: { text: 'begun', signal } });
    expect(end.code).toBe(code);
    expect(end.stdout).toContain(`interrupted by ${signal}`);
    expect(end.lastLine).toMatch(/^\d+ passed, \d+ failed, \d+ skipped$/);
  });
});
