// The state folder: pods, processes, the lock, what an earlier run left behind, and output that stays bounded.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { acquireLock } from '../../../src/local/folder-lock.ts';
import { endLeftovers } from '../../../src/local/leftovers.ts';
import { LogFiles } from '../../../src/local/log-files.ts';
import { recordProcesses } from '../../../src/local/process-records.ts';
import { readTail, StateFolder } from '../../../src/local/state-folder.ts';
import { FakeProcessHost } from '../../support/fake-process-host.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { turns } from '../../support/until.ts';

let folder: TempFolder;
let state: StateFolder;

beforeEach(() => {
  folder = new TempFolder();
  state = new StateFolder(folder.at('state'));
  state.reset();
});
afterEach(() => folder.remove());

const PROCESS = { command: ['app'], env: {}, cwd: '/', logFile: null, tethered: false };

describe('StateFolder', () => {
  it('keeps a file for each pod, for nobody else to read, and takes it away with its volumes', () => {
    state.writePod('default', 'a', 'one');
    state.writePod('default', 'a', 'two');
    state.writePod('shop', 'a', 'three');
    expect(readdirSync(state.pods).sort()).toEqual(['default.a.yaml', 'shop.a.yaml']);
    expect(readFileSync(join(state.pods, 'default.a.yaml'), 'utf8')).toBe('two');
    expect(statSync(join(state.pods, 'default.a.yaml')).mode & 0o777).toBe(0o600);
    state.removePod('default', 'a');
    expect(readdirSync(state.pods)).toEqual(['shop.a.yaml']);
  });

  it('leaves no half-written file where the control plane looks', () => {
    state.writePod('default', 'a', 'x'.repeat(100_000));
    expect(readdirSync(state.pods)).toEqual(['default.a.yaml']);
    expect(readdirSync(join(state.root, 'scratch'))).toEqual([]);
  });

  it('keeps the output of the last hundred pods', () => {
    for (let pod = 0; pod < 103; pod += 1) {
      state.addPod('default', `p-${pod}`);
      state.removePod('default', `p-${pod}`);
    }
    const kept = readdirSync(state.logs);
    expect(kept).toHaveLength(100);
    expect(kept).not.toContain('default.p-2');
    expect(kept).toContain('default.p-3');
  });

  it('reads no processes from a damaged file, and no process that is not one', () => {
    expect(state.readProcesses()).toEqual([]);
    writeFileSync(join(state.root, 'processes.json'), '{"half":');
    expect(state.readProcesses()).toEqual([]);
    const good = { pid: 42, startTime: '7', what: 'pod' };
    writeFileSync(
      join(state.root, 'processes.json'),
      JSON.stringify([good, { pid: 1, startTime: '7', what: 'init' }, { pid: 'x' }, null]),
    );
    expect(state.readProcesses()).toEqual([good]);
  });
});

describe('recordProcesses', () => {
  it('keeps the list of what runs on disk', () => {
    const fake = new FakeProcessHost();
    const host = recordProcesses(fake, state);
    const exits: number[] = [];
    host.spawn({ ...PROCESS, what: 'first' }, () => exits.push(1));
    host.spawn({ ...PROCESS, what: 'second' }, () => exits.push(2));
    expect(state.readProcesses().map(({ what, startTime }) => [what, startTime])).toEqual([
      ['first', 'start-100'],
      ['second', 'start-101'],
    ]);
    fake.started[0]?.exit(0);
    expect(state.readProcesses().map(({ what }) => what)).toEqual(['second']);
    expect(exits).toEqual([1]);
  });
});

describe('endLeftovers', () => {
  async function end(host: FakeProcessHost, startTime: string): Promise<readonly string[]> {
    const clock = new ManualClock();
    const ended = endLeftovers([{ pid: 100, startTime, what: 'pod' }], host, clock);
    for (let step = 0; step < 250; step += 1) {
      clock.advance(20);
      await turns(1);
    }
    return (await ended).map(({ what }) => what);
  }

  it('ends a process that is still the one that was written down', async () => {
    const host = new FakeProcessHost();
    host.spawn({ ...PROCESS, what: 'pod' }, () => {});
    expect(await end(host, 'start-100')).toEqual(['pod']);
    expect(host.groupSignals).toEqual([[100, 'SIGTERM']]);
  });

  it('spares another process that has been given its pid', async () => {
    const host = new FakeProcessHost();
    host.spawn({ ...PROCESS, what: 'innocent' }, () => {});
    expect(await end(host, 'start-other')).toEqual([]);
    expect(host.groupSignals).toEqual([]);
  });

  it('kills after two seconds what ignores SIGTERM', async () => {
    const host = new FakeProcessHost();
    host.spawn({ ...PROCESS, what: 'pod' }, () => {}).obeys = false;
    await end(host, 'start-100');
    expect(host.groupSignals).toEqual([
      [100, 'SIGTERM'],
      [100, 'SIGKILL'],
    ]);
  });
});

describe('acquireLock', () => {
  const self = { pid: 5, startTime: 'five', folder: '/apps' };

  it('refuses a second holder in one line that names the first', () => {
    expect(acquireLock(state.root, self, () => null).ok).toBe(true);
    const second = acquireLock(state.root, { ...self, pid: 6 }, (pid) => (pid === 5 ? 'five' : null));
    expect(second.ok ? '' : second.issues[0]?.message).toBe(
      `/apps is up already, as process 5 (state in ${state.root})`,
    );
  });

  it.each([
    ['its holder is gone', null],
    ['the pid belongs to another process now', 'later'],
  ])('takes it over when %s', (_why, startTime) => {
    acquireLock(state.root, self, () => null);
    expect(acquireLock(state.root, { ...self, pid: 6 }, () => startTime).ok).toBe(true);
  });

  it('takes over a damaged lock, and gives its own back', () => {
    writeFileSync(join(state.root, 'lock'), '{');
    const lock = acquireLock(state.root, self, () => 'five');
    expect(lock.ok).toBe(true);
    if (lock.ok) lock.value();
    expect(existsSync(join(state.root, 'lock'))).toBe(false);
  });
});

describe('LogFiles', () => {
  it('moves what is over the limit to one older file, and the writer goes on', () => {
    const clock = new ManualClock();
    const logs = new LogFiles(clock, 100);
    const file = folder.at('app.log');
    logs.add(file);
    clock.advance(1_000);
    writeFileSync(file, 'a'.repeat(100));
    clock.advance(1_000);
    expect(statSync(file).size).toBe(100);
    writeFileSync(file, 'b', { flag: 'a' });
    clock.advance(1_000);
    expect(statSync(file).size).toBe(0);
    expect(readFileSync(`${file}.1`, 'utf8')).toBe(`${'a'.repeat(100)}b`);
    writeFileSync(file, 'c', { flag: 'a' });
    expect(readFileSync(file, 'utf8')).toBe('c');
    logs.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('reads the last words of a file, and nothing of a missing one', () => {
    writeFileSync(folder.at('x'), 'one two three');
    expect(readTail(folder.at('x'), 5)).toBe('three');
    expect(readTail(folder.at('x'), 500)).toBe('one two three');
    expect(readTail(folder.at('none'), 5)).toBe('');
  });
});
