// What contenders have in common that are programs installed by `npm run peers`.
import { spawnSync } from 'node:child_process';
import { findPeer } from '../../test/support/peers.ts';

/** For `available()`: null, or how to get it. */
export function missing(name: string): string | null {
  return findPeer(name) === null ? `not installed; run: npm run peers -- ${name}` : null;
}

/** Throws where `missing` would have answered. */
export function programPath(name: string): string {
  const path = findPeer(name);
  if (path === null) throw new Error(`${name} is ${missing(name)}`);
  return path;
}

/** The first line that says something; nginx writes it to stderr, others to stdout. */
export function versionLine(name: string, flag: string): string {
  const answer = spawnSync(programPath(name), [flag], { encoding: 'utf8', timeout: 10_000 });
  const lines = `${answer.stdout}\n${answer.stderr}`.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '') ?? 'unknown';
}
