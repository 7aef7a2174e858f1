// Looks after the access logs of proxies under load: a proxy that forgot to write would win, and a long run would fill the disk.
import { existsSync, readFileSync, truncateSync } from 'node:fs';

/** What may still wait in a proxy's buffers when it is looked at. */
const WRITTEN_SHARE = 0.5;
const LINE_END = 10;

/** Throws when `file` has not a line for at least half of the requests. */
export function checkAccessLog(file: string, requests: number): void {
  const lines = existsSync(file) ? countLines(readFileSync(file)) : 0;
  if (lines >= requests * WRITTEN_SHARE) return;
  throw new Error(`its access log has ${lines} lines after ${Math.round(requests)} requests`);
}

/** Proxies append, so they go on at the beginning. */
export function emptyAccessLog(file: string): void {
  if (existsSync(file)) truncateSync(file);
}

function countLines(bytes: Buffer): number {
  let lines = 0;
  for (let at = bytes.indexOf(LINE_END); at >= 0; at = bytes.indexOf(LINE_END, at + 1)) lines += 1;
  return lines;
}
