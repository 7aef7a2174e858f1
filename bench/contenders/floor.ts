// The least that a Node process can do per request; see bench/floor/README.md.
import type { Contender } from '../contender.ts';
import { nodeScript } from './node-script.ts';

export const floor: Contender = {
  ...nodeScript('floor', 'floor/http1-floor.cjs'),
  // It forwards kept connections and reads no body of a request.
  takes: ({ fresh, bodyBytes }) => !fresh && bodyBytes === 0,
};
