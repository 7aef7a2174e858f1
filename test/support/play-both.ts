// One bootstrap file in the real Envoy and then in our sidecar, on the same ports, asked the same.
import { startEnvoyOn } from './envoy.ts';
import type { PeerPaths } from './peer-suite.ts';
import { startCli } from './run-cli.ts';

/** `port`: that a listener of `file` has. `play` asks whoever runs there; its name is for the record. */
export async function playBoth(
  paths: PeerPaths,
  file: string,
  port: number,
  play: (who: 'envoy' | 'sidecar') => Promise<void>,
): Promise<void> {
  const stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', file, port);
  try {
    await play('envoy');
  } finally {
    await stopEnvoy();
  }
  const sidecar = startCli(['proxy', '-c', file]);
  try {
    await sidecar.says(/ready clusters=/);
    await play('sidecar');
  } finally {
    sidecar.child.kill('SIGTERM');
    await sidecar.ended;
  }
}
