// The backends of HTTP/2: three nghttpd, one thread each, prior knowledge.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { programPath } from '../contenders/installed-program.ts';
import type { BackendPlace } from '../proxy-scenario.ts';
import type { Program } from './programs.ts';

/** The floor tells this length without having looked. */
const ANSWER_BYTES = 97;

/** Each answers `/data` with 97 bytes of JSON. Resolves with the first; all end with the run. */
export async function startHttp2Backends(ports: readonly number[], place: BackendPlace): Promise<Program> {
  const programs: Program[] = [];
  for (const [index, port] of ports.entries()) {
    const root = join(place.folder, `backend-${index + 1}`);
    mkdirSync(root, { recursive: true });
    const head = `{"pod":"backend-${index + 1}","text":"`;
    writeFileSync(join(root, 'data'), `${head.padEnd(ANSWER_BYTES - 2, 'x')}"}`);
    const args = ['--no-tls', '--address=127.0.0.1', '--workers=1', `--htdocs=${root}`, String(port)];
    programs.push(await place.launch({ command: programPath('nghttpd'), args, cpus: place.cpus.load, port }));
  }
  const [first] = programs;
  if (first === undefined) throw new Error('no ports for backends were given');
  return first;
}
