// Our sidecar on the very file that Envoy runs: no control plane, the same retries and routes.
import { freePort } from '../bed/ports.ts';
import type { Contender, EquipmentSet } from '../contender.ts';
import { writeBootstrap } from './bootstrap-file.ts';
import { BUNDLE, switchboard } from './switchboard.ts';

/** `template` is relative to bench/. */
export function switchboardOn(template: string, sets: readonly EquipmentSet[]): Contender {
  return {
    name: 'switchboard-c',
    available: switchboard.available,
    version: switchboard.version,
    sets,
    async start(place) {
      const port = await freePort();
      const { file, ...told } = writeBootstrap(template, place, port);
      const args = [BUNDLE, 'proxy', '-c', file];
      const { cpus, launch } = place;
      return { port, ...told, ...(await launch({ command: process.execPath, args, cpus: cpus.proxy, port })) };
    },
  };
}

export const switchboardC = switchboardOn('envoy-http1.yaml', ['bare', 'equipped']);
