// No proxy at all: what latency is added to.

import type { Contender } from '../contender.ts';
import { versionLine } from './installed-program.ts';

export const direct: Contender = {
  name: 'direct',
  available: () => null,
  version: () => `no proxy, ${versionLine('nginx', '-v')}`,
  sets: ['bare', 'equipped'],
  start({ upstreamPorts, backendsPid }) {
    const [port = 0] = upstreamPorts;
    return Promise.resolve({ port, pid: backendsPid, stop: () => Promise.resolve() });
  },
};
