// A process host that keeps the list of what runs in the state folder, for the supervisor that comes after a crash.
import type { ProcessExit, ProcessHost, ProcessSpec, RunningProcess } from './process-host.ts';
import type { ProcessRecord, StateFolder } from './state-folder.ts';

export function recordProcesses(host: ProcessHost, state: StateFolder): ProcessHost {
  const running = new Map<number, ProcessRecord>();
  const save = (): void => {
    try {
      state.writeProcesses([...running.values()]);
    } catch {
      // A full disk must not end the mesh; the next start or end of a process writes the list again.
    }
  };
  return {
    startTimeOf: (pid) => host.startTimeOf(pid),
    signalGroup: (pid, name) => host.signalGroup(pid, name),
    spawn(spec: ProcessSpec, onExit: (exit: ProcessExit) => void): RunningProcess {
      const child = host.spawn(spec, (exit) => {
        if (child.pid !== null && running.delete(child.pid)) save();
        onExit(exit);
      });
      if (child.pid === null || child.startTime === null) return child;
      running.set(child.pid, { pid: child.pid, startTime: child.startTime, what: spec.what });
      save();
      return child;
    },
  };
}
