// Our sidecar, from the bundle, as users run it.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Contender } from '../contender.ts';

const BUNDLE = fileURLToPath(new URL('../../dist/switchboard.mjs', import.meta.url));

export const switchboard: Contender = {
  name: 'switchboard',
  available: () => (existsSync(BUNDLE) ? 'its start is not wired to the bench yet' : 'no bundle; run: npm run build'),
  version: () => `node ${process.version}`,
  start: () => Promise.reject(new Error('the start of the sidecar is not wired to the bench yet')),
};
