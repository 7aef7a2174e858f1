// The least that a Node process can do per request; see bench/floor/README.md.
import { nodeScript } from './node-script.ts';

export const floor = nodeScript('floor', 'floor/http1-floor.cjs');
