// Which CPUs the proxy and the load get: the proxy one of its own, the load and the backends the rest.
import { readFileSync } from 'node:fs';
import type { CpuPlan } from '../contender.ts';

/** From the CPUs that this process may use, which a container may have narrowed. */
export function planCpus(status: string = readFileSync('/proc/self/status', 'utf8')): CpuPlan {
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0');
  const proxy = allowed.at(-1) ?? 0;
  const rest = allowed.slice(0, -1);
  return { proxy: String(proxy), load: (rest.length === 0 ? [proxy] : rest).join(',') };
}

/** `0-2,5` → [0, 1, 2, 5]. */
export function parseCpuList(list: string): readonly number[] {
  return list.split(',').flatMap((part) => {
    const [first = 0, last = first] = part.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
