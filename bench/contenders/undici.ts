// A plain proxy on node:http and undici's dispatch.
import { nodeScript } from './node-script.ts';

export const undici = nodeScript('undici', 'baseline/undici-proxy.ts', 'undici');
