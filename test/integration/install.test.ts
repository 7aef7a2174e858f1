// scripts/install.cjs with a stand-in for npm: when it installs, with what, and what it says when that fails.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../support/run-program.ts';

const installer = fileURLToPath(new URL('../../scripts/install.cjs', import.meta.url));
/** Writes down how it was called, makes node_modules anew as `npm ci` does, and ends as told. */
const FAKE_NPM = `
const { appendFileSync, mkdirSync, rmSync } = require('node:fs');
appendFileSync('calls.jsonl', JSON.stringify({ args: process.argv.slice(2), env: process.env }) + '\\n');
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules');
process.exit(Number(process.env.npm_config_cache));
`;

interface Call {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

describe('the installer', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchboard-install-'));
    mkdirSync(join(folder, 'scripts'));
    copyFileSync(installer, join(folder, 'scripts/install.cjs'));
    writeFileSync(join(folder, 'package-lock.json'), '{"lock": 1}');
    writeFileSync(join(folder, 'npm.cjs'), FAKE_NPM);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** `npmExit` travels in a setting that the installer hands on: the only way to tell the stand-in. */
  function install(npmExit = 0) {
    const env = {
      PATH: [join(folder, 'node_modules/.bin'), process.env['PATH']].join(delimiter),
      npm_execpath: join(folder, 'npm.cjs'),
      npm_node_execpath: process.execPath,
      npm_config_cache: String(npmExit),
      npm_config_registry: 'https://registry.example/',
      npm_config_local_prefix: '/elsewhere',
      npm_lifecycle_event: 'pretest',
    };
    return runProgram(process.execPath, [join(folder, 'scripts/install.cjs')], { env });
  }

  function calls(): Call[] {
    const file = join(folder, 'calls.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  it('installs nothing through a link, behind which others have their packages', async () => {
    const shared = join(folder, 'shared');
    mkdirSync(shared);
    writeFileSync(join(shared, 'kept'), '');
    symlinkSync(shared, join(folder, 'node_modules'));
    expect(await install()).toMatchObject({
      code: 0,
      stderr: 'switchboard: node_modules is a link and is used as it is; where it leads, run: npm ci\n',
    });
    expect(calls()).toEqual([]);
    expect(existsSync(join(shared, 'kept'))).toBe(true);
  });

  it('installs once and then finds that nothing changed', async () => {
    expect((await install()).code).toBe(0);
    expect(await install()).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(calls()).toHaveLength(1);
  });

  it('installs exactly the lock, with tools and the pinned Node, and runs no scripts of packages', async () => {
    await install();
    expect(calls()[0]?.args).toEqual(
      expect.arrayContaining(['ci', '--include=dev', '--include=optional', '--ignore-scripts']),
    );
  });

  it('installs again when the lock changed', async () => {
    await install();
    writeFileSync(join(folder, 'package-lock.json'), '{"lock": 2}');
    await install();
    expect(calls()).toHaveLength(2);
  });

  it('installs again when node_modules was removed', async () => {
    await install();
    rmSync(join(folder, 'node_modules'), { recursive: true });
    await install();
    expect(calls()).toHaveLength(2);
  });

  it('keeps npm off the Node that it replaces and off the settings of the npm that called', async () => {
    await install();
    const env = calls()[0]?.env ?? {};
    expect(env['PATH']).not.toContain('node_modules/.bin');
    expect(env).toMatchObject({ npm_config_registry: 'https://registry.example/' });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['npm_lifecycle_event']));
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['npm_config_local_prefix']));
  });

  it('says in one line what failed and what to do, exits with 1, and tries again the next time', async () => {
    const end = await install(3);
    expect(end.code).toBe(1);
    expect(end.stderr).toMatch(/could not be installed \(npm ci ended with 3\)\. Check .* then run: npm ci\n$/);
    await install();
    expect(calls()).toHaveLength(2);
  });
});
