// Why no route took a request: the ports that the Service does have, or the nearest name. For people, off the hot path, bounded in time.
import type { RouteConfigSpec } from '../../model/route-spec.ts';

/** So that a flood of wrong names stays cheap: names looked at, and characters of a name. */
const MAX_CANDIDATES = 2_000;
const MAX_NAME = 253;
/** A name further away than this many edits is not what was meant. */
const MAX_DISTANCE = 3;

const NO_ROUTE = 'is known, but none of its routes takes a request with this method, path or header fields.';

/** The names that there are, as callers may write them. */
export interface KnownNames {
  /** The ports of `name` (lower case, without a port); none where there is no such name. */
  portsOf(name: string): readonly string[];
  /** Names that `asked` may have been meant for, without ports. */
  namesLike(asked: string): Iterable<string>;
}

/** One phrase: what was asked for, and what comes nearest. */
export function explainMiss(config: RouteConfigSpec, authority: string): string {
  // Who takes every name knows this one too.
  if (config.virtualHosts.some(({ domains }) => domains.includes('*'))) return `"${asText(authority)}" ${NO_ROUTE}`;
  return explainUnknownName(namesOf(config), authority);
}

export function explainUnknownName(known: KnownNames, authority: string): string {
  const asked = asText(authority);
  const { name, port } = splitAuthority(asked.toLowerCase());
  const ports = known.portsOf(name);
  if (ports.includes(port === '' ? '80' : port)) return `"${asked}" ${NO_ROUTE}`;
  if (ports.length > 0) {
    return `"${name}" has no port ${port === '' ? '80 (none was given)' : port}; it has ${ports.join(', ')}.`;
  }
  const nearest = nearestName(known, name);
  if (nearest === name) return port === '' ? `"${asked}" ${NO_ROUTE}` : `"${name}" has no port ${port}.`;
  return nearest === null
    ? `"${asked}" is no Service that this sidecar knows.`
    : `"${asked}" is no Service. Did you mean "${nearest}"?`;
}

function asText(authority: string): string {
  return authority === '' ? '(no Host)' : authority.slice(0, MAX_NAME);
}

function namesOf(config: RouteConfigSpec): KnownNames {
  return { portsOf: (name) => portsOf(config, name), namesLike: () => namesIn(config) };
}

function splitAuthority(authority: string): { readonly name: string; readonly port: string } {
  const colon = authority.lastIndexOf(':');
  if (colon < 0 || authority.endsWith(']')) return { name: authority, port: '' };
  return { name: authority.slice(0, colon), port: authority.slice(colon + 1) };
}

function* domains(config: RouteConfigSpec): Generator<string> {
  for (const host of config.virtualHosts) yield* host.domains;
}

function portsOf(config: RouteConfigSpec, name: string): string[] {
  const ports: string[] = [];
  for (const domain of domains(config)) {
    if (domain.length > name.length + 1 && domain.startsWith(name) && domain[name.length] === ':')
      ports.push(domain.slice(name.length + 1));
  }
  return ports;
}

function* namesIn(config: RouteConfigSpec): Generator<string> {
  for (const domain of domains(config)) yield splitAuthority(domain).name;
}

function nearestName(known: KnownNames, name: string): string | null {
  let best: string | null = null;
  let bestDistance = Math.min(MAX_DISTANCE, Math.floor(name.length / 3)) + 1;
  let looked = 0;
  for (const candidate of known.namesLike(name)) {
    if (Math.abs(candidate.length - name.length) >= bestDistance || candidate.includes('*')) continue;
    looked += 1;
    if (looked > MAX_CANDIDATES) break;
    const distance = editDistance(name, candidate);
    if (distance >= bestDistance) continue;
    best = candidate;
    bestDistance = distance;
  }
  return best;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
