// The backends of HTTP/2: three nghttpd, one thread each, prior knowledge.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { programPath } from '../contenders/installed-program.ts';
import type { BackendPlace } from '../proxy-scenario.ts';
import { GRPC_PATH } from '../workload.ts';
import { CERTIFICATES } from './certificates.ts';
import type { Program } from './programs.ts';

/** The floor tells this length without having looked. */
const ANSWER_BYTES = 97;

/** A message of gRPC behind its prefix: a string of Protobuf. */
const GRPC_ANSWER = Buffer.concat([Buffer.of(0, 0, 0, 0, 92, 0x0a, 90), Buffer.alloc(90, 'x')]);

/**
 * Each answers `/data` with 97 bytes of JSON, and `grpc` makes it answer gRPC's calls: as many bytes, then the status. Resolves with the first; all
 * end with the run.
 */
export async function startHttp2Backends(
  ports: readonly number[],
  place: BackendPlace,
  { tls = false, grpc = false } = {},
): Promise<Program> {
  const programs: Program[] = [];
  for (const [index, port] of ports.entries()) {
    const root = join(place.folder, `backend-${index + 1}`);
    mkdirSync(join(root, dirname(GRPC_PATH)), { recursive: true });
    const head = `{"pod":"backend-${index + 1}","text":"`;
    writeFileSync(join(root, 'data'), `${head.padEnd(ANSWER_BYTES - 2, 'x')}"}`);
    writeFileSync(join(root, GRPC_PATH), GRPC_ANSWER);
    const spoken = tls ? [] : ['--no-tls'];
    const trailers = grpc ? ['--trailer=grpc-status: 0'] : [];
    const certificate = tls ? [CERTIFICATES.key, CERTIFICATES.chain] : [];
    const args = [...spoken, ...trailers, '--address=127.0.0.1', '--workers=1', `--htdocs=${root}`, String(port)];
    const command = programPath('nghttpd');
    programs.push(await place.launch({ command, args: [...args, ...certificate], cpus: place.cpus.load, port }));
  }
  const [first] = programs;
  if (first === undefined) throw new Error('no ports for backends were given');
  return first;
}
