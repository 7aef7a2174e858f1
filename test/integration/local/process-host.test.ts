// Promises of the process host on this system: groups, start times, output, and how failures are told.
import { readFileSync } from 'node:fs';
import { systemProcessHost } from '../../../src/app/process-host.ts';
import type { ProcessExit, ProcessSpec, RunningProcess } from '../../../src/local/process-host.ts';
import { isAlive } from '../../support/local-scene.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { waitUntil } from '../../support/wait-until.ts';

const folder = new TempFolder();
const started: RunningProcess[] = [];

afterAll(() => {
  for (const child of started) child.signal('SIGKILL');
  folder.remove();
});

function run(command: readonly string[], given: Partial<ProcessSpec> = {}) {
  let exit: ProcessExit | null = null;
  const spec = {
    command,
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
    logFile: null,
    tethered: false,
    what: 'test',
    ...given,
  };
  const child = systemProcessHost.spawn(spec, (how) => {
    exit = how;
  });
  started.push(child);
  return { child, exited: () => waitUntil('it has ended', () => exit) };
}

describe('systemProcessHost', () => {
  it('tells how a process ended', async () => {
    expect(await run(['sh', '-c', 'exit 3']).exited()).toEqual({ code: 3, signal: null, failure: null });
    const killed = run(['sleep', '100']);
    killed.child.signal('SIGKILL');
    expect(await killed.exited()).toEqual({ code: null, signal: 'SIGKILL', failure: null });
    killed.child.signal('SIGTERM');
  });

  it('says what is wrong with a program that can not be started', async () => {
    const missing = await run(['no-such-program']).exited();
    expect(missing.failure).toBe('"no-such-program" is not a program on PATH, or the folder / is missing');
    folder.write('plain.txt', 'no program');
    expect((await run([folder.at('plain.txt')]).exited()).failure).toBe(
      `"${folder.at('plain.txt')}" may not be executed`,
    );
  });

  it('gives a process its whole environment and adds its output to the file', async () => {
    const logFile = folder.at('out.log');
    await run(['sh', '-c', 'echo "$A $HOME"; echo b >&2'], { env: { PATH: '/bin', A: 'x' }, logFile }).exited();
    await run(['sh', '-c', 'echo c'], { logFile }).exited();
    expect(readFileSync(logFile, 'utf8')).toBe('x \nb\nc\n');
  });

  it('signals what the process has started too, and ends what it leaves behind', async () => {
    const logFile = folder.at('group.log');
    const family = run(['sh', '-c', 'sleep 100 & echo $!; wait'], { logFile });
    const line = await waitUntil('the child is there', () => /^(\d+)\n/.exec(readFileSync(logFile, 'utf8')));
    family.child.signal('SIGTERM');
    await family.exited();
    await waitUntil('the child has ended', () => (isAlive(Number(line[1])) ? null : true));
    const orphaned = folder.at('orphan.log');
    await run(['sh', '-c', 'sleep 100 & echo $!'], { logFile: orphaned }).exited();
    await waitUntil('the orphan has ended', () => (isAlive(Number(readFileSync(orphaned, 'utf8'))) ? null : true));
  });

  it('tells one start time of a process as long as it runs, and none when it is gone', async () => {
    const { child, exited } = run(['sleep', '100']);
    expect(child.startTime).not.toBeNull();
    expect(systemProcessHost.startTimeOf(child.pid ?? 0)).toBe(child.startTime);
    child.signal('SIGKILL');
    await exited();
    expect(systemProcessHost.startTimeOf(child.pid ?? 0)).toBeNull();
  });
});
