// Our sidecar on the very file that Envoy runs: no control plane, the same retries and routes.

import { RUNTIME_ENVIRONMENT } from '../../src/config/runtime-environment.ts';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';
import { type BootstrapTemplate, HTTP1_TEMPLATE, writeBootstrap } from './bootstrap-file.ts';
import { BUNDLE, switchboard } from './switchboard.ts';

export function switchboardOn(template: BootstrapTemplate): Contender {
  return {
    name: 'switchboard-c',
    available: switchboard.available,
    version: switchboard.version,
    sets: template.sets,
    async start(place) {
      const port = await freePort();
      const { file, ...told } = writeBootstrap(template, place, port);
      const args = [BUNDLE, 'proxy', '-c', file];
      const { cpus, launch } = place;
      const env = RUNTIME_ENVIRONMENT;
      return { port, ...told, ...(await launch({ command: process.execPath, args, cpus: cpus.proxy, port, env })) };
    },
  };
}

export const switchboardC = switchboardOn(HTTP1_TEMPLATE);
