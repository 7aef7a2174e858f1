// Tells whether a peer is on this machine, where, and in which version.
import { spawnSync } from 'node:child_process';
import { findPeer } from '../../test/support/peers.ts';
import type { Peer } from './table.ts';

export type Finding =
  | { readonly state: 'present' | 'wrong version'; readonly path: string; readonly version: string }
  | { readonly state: 'missing' };

const ASK_TIMEOUT_MS = 10_000;

export function inspect(peer: Peer): Finding {
  const paths = peer.programs.map((program) => findPeer(program));
  const path = paths[0];
  if (path === undefined || path === null || paths.includes(null)) return { state: 'missing' };
  // Not its exit code: wrk answers -v with 1.
  const answer = spawnSync(path, peer.versionArgs, { encoding: 'utf8', timeout: ASK_TIMEOUT_MS });
  const version = parseVersion(`${answer.stdout ?? ''}${answer.stderr ?? ''}`);
  if (version === null) return { state: 'wrong version', path, version: 'unknown' };
  return { state: satisfies(version, peer.version) ? 'present' : 'wrong version', path, version };
}

/** The first `N.N.N`, or `N.N`, of a program's `--version` text. */
export function parseVersion(text: string): string | null {
  return /\d{1,6}\.\d{1,6}(?:\.\d{1,6})?/.exec(text)?.[0] ?? null;
}

export function satisfies(version: string, wanted: Peer['version']): boolean {
  if (wanted.startsWith('>=')) return compare(version, wanted.slice(2)) >= 0;
  return compare(version, wanted.slice(1)) === 0;
}

function compare(left: string, right: string): number {
  const others = right.split('.').map(Number);
  const differences = left.split('.').map((part, index) => Number(part) - (others[index] ?? 0));
  return differences.find((difference) => difference !== 0) ?? 0;
}
