// How much memory this process uses, and may use before it refuses new work.
import { totalmem } from 'node:os';

/** Where the container's limit is the only mark: the kernel kills at the whole of it. */
const SHARE_OF_LIMIT = 0.9;

/** `setBytes` where it is not 0, else nine tenths of what the container allows; 0 = no mark, as nothing bounds this process but the machine. */
export function memoryMark(
  setBytes: number,
  limitBytes: number | undefined = process.constrainedMemory(),
  machineBytes: number = totalmem(),
): number {
  if (setBytes > 0) return setBytes;
  // Without a limit Node.js answers 0, or a number beyond any machine.
  if (limitBytes === undefined || limitBytes <= 0 || limitBytes >= machineBytes) return 0;
  return Math.floor(limitBytes * SHARE_OF_LIMIT);
}

/** Resident memory without what V8 keeps for later: after a burst that stays resident for long, and would read as overload. */
export function usedMemoryBytes(): number {
  const { rss, heapTotal, heapUsed } = process.memoryUsage();
  return rss - (heapTotal - heapUsed);
}
