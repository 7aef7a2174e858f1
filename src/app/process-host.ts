// Processes of the operating system for the local mesh: each in a session and group of its own, so that a terminal's Ctrl-C spares it.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { codeOf, messageOf } from '../base/coded-error.ts';
import type { ProcessExit, ProcessHost, ProcessSpec, RunningProcess, StopSignal } from '../local/process-host.ts';

export const systemProcessHost: ProcessHost = { spawn: spawnProcess, startTimeOf, signalGroup };

function spawnProcess(spec: ProcessSpec, onExit: (exit: ProcessExit) => void): RunningProcess {
  const output = spec.logFile === null ? 'ignore' : openSync(spec.logFile, 'a', 0o600);
  try {
    return launch(spec, output, onExit);
  } finally {
    if (output !== 'ignore') closeSync(output);
  }
}

function launch(spec: ProcessSpec, output: number | 'ignore', onExit: (exit: ProcessExit) => void): RunningProcess {
  const [program = '', ...args] = spec.command;
  const child = spawn(program, args, {
    cwd: spec.cwd,
    env: { ...spec.env },
    detached: true,
    stdio: [spec.tethered ? 'pipe' : 'ignore', output, output],
  });
  let over = false;
  const finish = (exit: ProcessExit): void => {
    if (over) return;
    over = true;
    onExit(exit);
  };
  child.stdin?.on('error', () => {});
  child.on('error', (error) => {
    if (child.pid === undefined) finish({ code: null, signal: null, failure: explain(error, spec) });
  });
  child.on('exit', (code, signal) => {
    // What the program left behind in its group ends with it, as in a container.
    if (child.pid !== undefined) signalGroup(child.pid, 'SIGKILL');
    finish({ code, signal, failure: null });
  });
  const pid = child.pid ?? null;
  return {
    pid,
    startTime: pid === null ? null : startTimeOf(pid),
    signal(name) {
      if (!over && pid !== null) signalGroup(pid, name);
    },
  };
}

/** spawn reports a missing working directory as a missing program. */
function explain(error: unknown, spec: ProcessSpec): string {
  if (codeOf(error) === 'ENOENT')
    return `"${spec.command[0]}" is not a program on PATH, or the folder ${spec.cwd} is missing`;
  if (codeOf(error) === 'EACCES') return `"${spec.command[0]}" may not be executed`;
  return messageOf(error);
}

/** Linux: field 22 of /proc/<pid>/stat, in clock ticks since boot (proc(5)); elsewhere what `ps` says. A zombie counts as gone. */
function startTimeOf(pid: number): string | null {
  if (process.platform !== 'linux') return startTimeFromPs(pid);
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The program's name stands in parentheses and may itself contain spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : (fields[19] ?? null);
  } catch {
    return null;
  }
}

function startTimeFromPs(pid: number): string | null {
  try {
    const text = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    }).trim();
    return text === '' || text.startsWith('Z') ? null : text.slice(text.indexOf(' ') + 1).trim();
  } catch {
    return null;
  }
}

function signalGroup(pid: number, name: StopSignal): void {
  try {
    process.kill(-pid, name);
  } catch (error) {
    // ESRCH: gone already. EPERM: macOS says so for a group of zombies.
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}
