// Content hashes: the same bytes have the same version on every machine and after every restart.
import { createHash } from 'node:crypto';

/** 16 hex digits of SHA-256: short enough for a version string, 64 bits against accidental collision. */
export function contentHash(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(String(part.length));
    hash.update(':');
    hash.update(part);
  }
  return hash.digest('hex').slice(0, 16);
}
