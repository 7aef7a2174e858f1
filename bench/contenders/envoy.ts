// Envoy, with one worker, on a bootstrap file of the bench.
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { type BootstrapTemplate, HTTP1_TEMPLATE, writeBootstrap } from './bootstrap-file.ts';
import { missing, programPath, versionLine } from './installed-program.ts';

export function envoyOn(template: BootstrapTemplate): Contender {
  return {
    name: 'envoy',
    // A debug build would make every other proxy look good.
    available: () =>
      missing('envoy') ?? (versionLine('envoy', '--version').includes('RELEASE') ? null : 'not a RELEASE build'),
    version: () => versionLine('envoy', '--version').replace(/^.*version: /, ''),
    sets: template.sets,
    async start(place) {
      const port = await freePort();
      const { file, ...told } = writeBootstrap(template, place, port);
      const args = ['-c', file, '--concurrency', '1', '--disable-hot-restart', '--log-level', 'warn'];
      const { cpus, launch } = place;
      return { port, ...told, ...(await launch({ command: programPath('envoy'), args, cpus: cpus.proxy, port })) };
    },
  };
}

export const envoy = envoyOn(HTTP1_TEMPLATE);
