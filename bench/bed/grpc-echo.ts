// The backends of gRPC's streams: one process with Go's server, which answers on every port.
import { programPath } from '../contenders/installed-program.ts';
import type { BackendPlace } from '../proxy-scenario.ts';
import type { Program } from './programs.ts';

/** `repeat`: how many messages its server-streaming method answers. */
export function startGrpcEcho(
  ports: readonly number[],
  { cpus, launch }: BackendPlace,
  repeat: number,
): Promise<Program> {
  const args = ['-repeat', String(repeat), ...ports.map((port) => `127.0.0.1:${port}`)];
  return launch({ command: programPath('grpc-echo'), args, cpus: cpus.load, port: ports.at(-1) ?? 0 });
}
