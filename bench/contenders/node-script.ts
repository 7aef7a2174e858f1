// A contender that is a script for the pinned Node, started as `node SCRIPT PORT UPSTREAM_PORT…`.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../bed/ports.ts';
import type { Contender } from '../contender.ts';

/** `script` is relative to bench/; `library` is the npm package that it stands for, if any. */
export function nodeScript(name: string, script: string, library?: string): Contender {
  return {
    name,
    available: () => null,
    version: () => `${library === undefined ? '' : `${library} ${installedVersion(library)}, `}node ${process.version}`,
    async start({ upstreamPorts, cpus, launch }) {
      const port = await freePort();
      const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
      const args = [path, port, ...upstreamPorts].map(String);
      return { port, ...(await launch({ command: process.execPath, args, cpus: cpus.proxy, port })) };
    },
  };
}

function installedVersion(library: string): string {
  const manifest: { readonly version: string } = JSON.parse(
    readFileSync(new URL(`../../node_modules/${library}/package.json`, import.meta.url), 'utf8'),
  );
  return manifest.version;
}
