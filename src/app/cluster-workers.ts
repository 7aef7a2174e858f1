// Workers as processes of the system, by node:cluster: the one way of Node.js to share ports also where `reusePort` is unknown.
import cluster from 'node:cluster';
import { codeOf, messageOf } from '../base/coded-error.ts';
import type { FromWorker } from '../workers/messages.ts';
import type { StartWorker, WorkerEvents, WorkerProcess } from '../workers/worker-process.ts';

/** In place of a command: what follows is the worker's index, for people who look at a list of processes. */
export const WORKER_ARGUMENT = 'proxy-worker';

/** Where each process may have its own listening socket on one address, and the system spreads connections over them. Source: Node.js, server.listen. */
const WITH_REUSE_PORT: readonly string[] = ['linux', 'freebsd', 'sunos', 'aix'];

export function supportsReusePort(platform: string): boolean {
  return WITH_REUSE_PORT.includes(platform);
}

/** `program`: the main file of Switchboard. */
export function clusterWorkers(program: string): StartWorker {
  return (index, events) => {
    // Elsewhere all workers accept on one socket; that the primary would accept and hand out is what must not be.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    cluster.setupPrimary({
      exec: program,
      args: [WORKER_ARGUMENT, String(index)],
      execArgv: process.execArgv,
      // Maps and typed arrays arrive as what they are.
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    return watch(cluster.fork(), events);
  };
}

function watch(worker: ReturnType<typeof cluster.fork>, events: WorkerEvents): WorkerProcess {
  const { process: child } = worker;
  let over = false;
  const end = (how: string): void => {
    if (over) return;
    over = true;
    events.ended(how);
  };
  worker.on('message', (message: FromWorker) => {
    if (!over) events.message(message);
  });
  // A channel that breaks tells nothing that the end of the process does not.
  worker.on('error', (error) => {
    if (child.pid === undefined) end(`${codeOf(error)}: ${messageOf(error)}`);
  });
  child.on('exit', (code, signal) => {
    const how = signal === null ? `exit code ${code}` : signal;
    // What it has said last may come behind its end.
    if (child.connected) child.once('disconnect', () => end(how));
    else end(how);
  });
  return {
    pid: child.pid ?? null,
    send(message) {
      if (!over && worker.isConnected()) worker.send(message, undefined, () => {});
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
