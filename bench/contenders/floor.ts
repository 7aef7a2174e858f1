// The least that a Node process can do per request; see bench/floor/README.md.
import type { Contender } from '../contender.ts';
import { nodeScript } from './node-script.ts';

export const floor: Contender = {
  ...nodeScript('floor', 'floor/http1-floor.cjs'),
  // Never equipped: it stays what CPU is compared with.
  sets: ['bare', 'equipped'],
  // It forwards kept connections and reads no body of a request.
  takes: ({ fresh, bodyBytes }) => !fresh && bodyBytes === 0,
};
