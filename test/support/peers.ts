// Finds the real parts (Envoy, nginx, wrk …) that peer tests and benches run against.
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where `npm run peers` links what it installs. */
export const PEERS_BIN = fileURLToPath(new URL('../../.peers/bin', import.meta.url));

/**
 * The path of the program `name`, looked for on PATH and then in `.peers/bin`; null when it is in neither, in which
 * case the caller says so, names `npm run peers`, and skips.
 */
export function findPeer(
  name: string,
  path: string = process.env['PATH'] ?? '',
  bin: string = PEERS_BIN,
): string | null {
  for (const folder of [...path.split(delimiter), bin]) {
    const candidate = join(folder, name);
    if (folder !== '' && isExecutable(candidate)) return candidate;
  }
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
