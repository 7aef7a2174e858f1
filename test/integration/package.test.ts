// The published package: packed, installed from its tarball into an empty folder without a network, and asked for help.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makePackage } from '../../scripts/pack.ts';
import { COMMANDS } from '../../src/cli/index.ts';
import { readManifest } from '../architecture/source-file.ts';
import { type ProgramEnd, runProgram } from '../support/run-program.ts';

describe('the published package', () => {
  let folder = '';
  let installed = '';
  const env: NodeJS.ProcessEnv = {};

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'switchboard-package-'));
    const source = join(folder, 'source');
    const home = join(folder, 'home');
    installed = join(home, 'node_modules/switchboard-mesh');
    // None of the settings of the npm that runs this test.
    for (const [name, value] of Object.entries(process.env)) if (!/^npm_/i.test(name)) env[name] = value;
    env['PATH'] = `${dirname(process.execPath)}:${process.env['PATH']}`;
    env['npm_config_cache'] = join(folder, 'cache');
    await makePackage(source);
    await npm(source, ['pack', '--pack-destination', folder]);
    const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? 'no tarball';
    mkdirSync(home);
    writeFileSync(join(home, 'package.json'), '{}');
    await npm(home, ['install', '--offline', '--no-audit', '--no-fund', join(folder, tarball)]);
  }, 60_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function npm(cwd: string, args: readonly string[]): Promise<void> {
    const end = await runProgram('npm', args, { cwd, env, limitMs: 30_000 });
    if (end.code !== 0) throw new Error(`npm ${args.join(' ')} ended with ${end.code ?? end.signal}:\n${end.stderr}`);
  }

  function switchboard(...args: string[]): Promise<ProgramEnd> {
    return runProgram(join(folder, 'home/node_modules/.bin/switchboard'), args, { cwd: join(folder, 'home'), env });
  }

  it('names itself switchboard-mesh, depends on nothing and runs nothing at install', () => {
    const manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    expect(manifest).toMatchObject({ name: 'switchboard-mesh', license: 'Apache-2.0', type: 'module' });
    for (const field of ['dependencies', 'optionalDependencies', 'devDependencies', 'scripts', 'private']) {
      expect(manifest).not.toHaveProperty(field);
    }
    expect(readdirSync(join(folder, 'home/node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'switchboard-mesh',
    ]);
  });

  it('brings its licence, those of what is bundled, and the README', () => {
    expect(readdirSync(installed)).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'THIRD-PARTY-LICENSES.txt', 'bin', 'dist', 'package.json']),
    );
    const licences = readFileSync(join(installed, 'THIRD-PARTY-LICENSES.txt'), 'utf8');
    const parts = licences.split(/^-{80}$/m).slice(1);
    for (const name of Object.keys(readManifest().dependencies)) {
      expect(parts.some((part) => part.startsWith(`\n\n${name} `))).toBe(true);
    }
    expect(parts.filter((part) => !part.includes('Copyright'))).toEqual([]);
  });

  it('ships no sources and no source maps', () => {
    const files = readdirSync(installed, { recursive: true }).map(String);
    expect(files.filter((name) => name.endsWith('.ts') || name.endsWith('.map'))).toEqual([]);
  });

  it('lists every command in --help', async () => {
    const end = await switchboard('--help');
    expect(end).toMatchObject({ code: 0, stderr: '' });
    for (const { name } of COMMANDS) expect(end.stdout).toMatch(new RegExp(`^ {2}${name} `, 'm'));
  });

  it.each(COMMANDS.map(({ name }) => name))('explains %s with --help', async (name) => {
    const end = await switchboard(name, '--help');
    expect(end).toMatchObject({ code: 0, stderr: '' });
    expect(end.stdout).toContain(`Usage: switchboard ${name}`);
  });

  it('refuses an unknown command with exit code 2', async () => {
    const end = await switchboard('no-such-command');
    expect(end).toMatchObject({ code: 2, stdout: '' });
    expect(end.stderr).toContain('no-such-command');
  });
});
