// nghttpx, the proxy of nghttp2: one worker, HTTP/2 on both sides.
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const nghttpx: Contender = {
  name: 'nghttpx',
  available: () => missing('nghttpx'),
  version: () => versionLine('nghttpx', '--version'),
  async start({ upstreamPorts, cpus, launch }) {
    const port = await freePort();
    const args = [
      '--conf=/dev/null',
      '--workers=1',
      '--single-process',
      `--frontend=127.0.0.1,${port};no-tls`,
      ...upstreamPorts.map((upstream) => `--backend=127.0.0.1,${upstream};;proto=h2`),
    ];
    return { port, ...(await launch({ command: programPath('nghttpx'), args, cpus: cpus.proxy, port })) };
  },
};
