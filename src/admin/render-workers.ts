// `GET /workers`: the processes that carry the traffic. Ours: Envoy has no such page.
import type { WorkerStatus } from './sidecar-status.ts';

/** Lines `index::name::value`, as those of /clusters. */
export function renderWorkersText(workers: readonly WorkerStatus[]): string {
  if (workers.length === 0) return 'none: everything happens in one process\n';
  return workers
    .flatMap(({ index, pid, running, activeRequests, restarts }) => [
      `${index}::pid::${pid ?? 'none'}\n`,
      `${index}::running::${running}\n`,
      `${index}::rq_active::${activeRequests}\n`,
      `${index}::restarts::${restarts}\n`,
    ])
    .join('');
}

export function renderWorkersJson(workers: readonly WorkerStatus[]): string {
  const rows = workers.map(({ activeRequests, ...rest }) => ({ ...rest, rq_active: activeRequests }));
  return `${JSON.stringify({ workers: rows })}\n`;
}
