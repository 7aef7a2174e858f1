// bin/switchboard.cjs as users meet it: which program it chooses, on which Node, and what it says on one that is too old.
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { RUNTIME_ENVIRONMENT } from '../../src/config/runtime-environment.ts';
import { type ProgramOptions, runProgram } from '../support/run-program.ts';

const launcher = fileURLToPath(new URL('../../bin/switchboard.cjs', import.meta.url));
const installer = fileURLToPath(new URL('../../scripts/install.cjs', import.meta.url));
const BUNDLE = 'dist/switchboard.mjs';
const SOURCE = 'src/main.ts';
/** What a Node before 22 looks like from inside. */
const OLD_NODE = `
Object.defineProperty(process.versions, 'node', { value: '18.20.1' });
delete process.execve;
`;

describe('the launcher', () => {
  let folder = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'switchboard-launcher-'));
    mkdirSync(join(folder, 'bin'));
    copyFileSync(launcher, join(folder, 'bin/switchboard.cjs'));
    writeFileSync(join(folder, 'old-node.cjs'), OLD_NODE);
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A program that prints `text`, changed `ageS` seconds ago. */
  function write(file: string, text: string, ageS = 0): void {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
    const at = new Date(Date.now() - ageS * 1000);
    utimesSync(join(folder, file), at, at);
  }

  function pinNode(): void {
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
    symlinkSync(process.execPath, join(folder, 'node_modules/.bin/node'));
  }

  function run(args: readonly string[] = [], flags: readonly string[] = [], options: ProgramOptions = {}) {
    return runProgram(process.execPath, [...flags, join(folder, 'bin/switchboard.cjs'), ...args], options);
  }

  const onOldNode = (): string[] => ['--require', join(folder, 'old-node.cjs')];

  it('may be executed as git writes it, so that npx in a checkout still runs it after a pull or a checkout', () => {
    expect(statSync(launcher).mode & 0o111).toBe(0o111);
  });

  it('runs the bundle when it is newer than every source', async () => {
    write(SOURCE, "console.log('sources');", 20);
    write(BUNDLE, "console.log('bundle');", 10);
    expect(await run()).toMatchObject({ code: 0, stdout: 'bundle\n', stderr: '' });
  });

  it('says to the runtime what our own processes are told, where the user has said nothing', async () => {
    const [[name = '', value = ''] = []] = Object.entries(RUNTIME_ENVIRONMENT);
    write(BUNDLE, `console.log(process.env.${name});`);
    expect(Object.keys(RUNTIME_ENVIRONMENT)).toEqual([name]);
    expect(await run()).toMatchObject({ code: 0, stdout: `${value}\n` });
    expect(await run([], [], { env: { ...process.env, [name]: '4' } })).toMatchObject({ stdout: '4\n' });
  });

  it('runs the sources when one of them, however deep, is newer than the bundle', async () => {
    write(SOURCE, "console.log('sources' as string);", 20);
    write('src/base/deep/clock.ts', '', 5);
    write(BUNDLE, "console.log('bundle');", 10);
    expect(await run()).toMatchObject({ code: 0, stdout: 'sources\n', stderr: '' });
  });

  it('runs the sources where there is no bundle', async () => {
    write(SOURCE, "console.log('sources');");
    expect(await run()).toMatchObject({ code: 0, stdout: 'sources\n' });
  });

  it('runs the bundle where there are no sources, as in the package', async () => {
    write(BUNDLE, "console.log('bundle');");
    expect(await run()).toMatchObject({ code: 0, stdout: 'bundle\n' });
  });

  it('hands arguments on and takes the exit code over', async () => {
    write(BUNDLE, 'console.log(process.argv.slice(2).join()); process.exitCode = 7;');
    expect(await run(['up', 'a b'])).toMatchObject({ code: 7, stdout: 'up,a b\n' });
  });

  it('runs on the pinned Node when its own is too old', async () => {
    write(BUNDLE, "console.log('on ' + process.versions.node); process.exitCode = 7;");
    pinNode();
    expect(await run([], onOldNode())).toMatchObject({ code: 7, stdout: `on ${process.versions.node}\n` });
  });

  it('passes SIGTERM on from an old Node and ends as the program ended', async () => {
    write(BUNDLE, "process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('begun');");
    pinNode();
    const end = await run([], onOldNode(), { signalWhen: { text: 'begun', signal: 'SIGTERM' } });
    expect(end).toMatchObject({ code: 5, stdout: 'begun\n' });
  });

  it('says on an old Node without a pinned one which it needs, which this is and what to do', async () => {
    write(BUNDLE, "console.log('bundle');");
    const end = await run([], onOldNode());
    expect(end).toMatchObject({ code: 1, stdout: '' });
    expect(end.stderr).toContain('needs Node.js 24 or newer, this is 18.20.1');
    expect(end.stderr).toContain('node scripts/install.cjs');
    expect(end.stderr.trimEnd().split('\n')).toHaveLength(2);
  });
});

describe('files that run before anything is installed', () => {
  it.each([
    ['bin/switchboard.cjs', launcher, 'es2015'],
    ['scripts/install.cjs', installer, 'es2019'],
  ])('%s holds no syntax newer than its promise', async (_, file, target) => {
    const text = readFileSync(file, 'utf8');
    const [plain, lowered] = await Promise.all([transform(text, { target: 'esnext' }), transform(text, { target })]);
    expect(lowered.code).toBe(plain.code);
  });
});
