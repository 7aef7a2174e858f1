// nghttpx, the proxy of nghttp2: one worker, HTTP/2 on both sides.
import { CERTIFICATES } from '../bed/certificates.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export const nghttpx = nghttpxWith(false);

/** `tls`: on both sides. */
export function nghttpxWith(tls: boolean): Contender {
  return {
    name: 'nghttpx',
    available: () => missing('nghttpx'),
    version: () => versionLine('nghttpx', '--version'),
    async start({ upstreamPorts, cpus, launch }) {
      const port = await freePort();
      const { key, chain, ca, serverName } = CERTIFICATES;
      const args = [
        '--conf=/dev/null',
        '--workers=1',
        '--single-process',
        `--frontend=127.0.0.1,${port}${tls ? '' : ';no-tls'}`,
        ...upstreamPorts.map((up) => `--backend=127.0.0.1,${up};;proto=h2${tls ? `;tls;sni=${serverName}` : ''}`),
        ...(tls ? [`--cacert=${ca}`, key, chain] : []),
      ];
      return { port, ...(await launch({ command: programPath('nghttpx'), args, cpus: cpus.proxy, port })) };
    },
  };
}
