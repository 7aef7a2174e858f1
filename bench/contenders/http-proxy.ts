// A plain proxy on node:http and the http-proxy package.
import { nodeScript } from './node-script.ts';

export const httpProxy = nodeScript('http-proxy', 'baseline/http-proxy.ts', 'http-proxy');
