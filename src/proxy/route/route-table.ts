// @hot
// Compiled routes: from authority and path to the entry that carries everything the request needs, without a look-up by name.
import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../model/route-spec.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { compileRetryPolicy, type RetryPolicy } from '../upstream/retry-policy.ts';

export interface RouteEntry {
  readonly name: string;
  readonly slot: ClusterSlot;
  /** 0 = none. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly path: string;
  readonly exact: boolean;
  readonly connect: boolean;
}

interface CompiledHost {
  readonly spec: VirtualHostSpec;
  readonly entries: readonly RouteEntry[];
}

interface Wildcard {
  /** What the authority must end (suffix) or begin (prefix) with. */
  readonly part: string;
  readonly host: CompiledHost;
}

export class RouteTable {
  readonly spec: RouteConfigSpec;
  readonly #exact = new Map<string, CompiledHost>();
  /** Longest first. */
  readonly #suffixes: Wildcard[] = [];
  readonly #prefixes: Wildcard[] = [];
  #any: CompiledHost | null = null;

  /** `slotOf` answers the same slot for the same name, always. */
  constructor(spec: RouteConfigSpec, slotOf: (cluster: string) => ClusterSlot) {
    this.spec = spec;
    for (const host of spec.virtualHosts) this.#add(host, slotOf);
    this.#suffixes.sort((a, b) => b.part.length - a.part.length);
    this.#prefixes.sort((a, b) => b.part.length - a.part.length);
  }

  /** `path` without its query decides; `null` = nobody answers to this. */
  match(authority: string, path: string, connect: boolean): RouteEntry | null {
    const host = this.#hostOf(authority);
    if (host === null) return null;
    const entries = host.entries;
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index] as RouteEntry;
      if (entry.connect !== connect) continue;
      if (connect || (entry.exact ? equalsPath(path, entry.path) : path.startsWith(entry.path))) return entry;
    }
    return null;
  }

  #hostOf(authority: string): CompiledHost | null {
    const exact = this.#exact.get(authority);
    if (exact !== undefined) return exact;
    return this.#hostOfFolded(authority.toLowerCase());
  }

  #hostOfFolded(authority: string): CompiledHost | null {
    const exact = this.#exact.get(authority);
    if (exact !== undefined) return exact;
    for (let index = 0; index < this.#suffixes.length; index += 1) {
      const wildcard = this.#suffixes[index] as Wildcard;
      if (authority.length > wildcard.part.length && authority.endsWith(wildcard.part)) return wildcard.host;
    }
    for (let index = 0; index < this.#prefixes.length; index += 1) {
      const wildcard = this.#prefixes[index] as Wildcard;
      if (authority.length > wildcard.part.length && authority.startsWith(wildcard.part)) return wildcard.host;
    }
    return this.#any;
  }

  #add(spec: VirtualHostSpec, slotOf: (cluster: string) => ClusterSlot): void {
    const host: CompiledHost = { spec, entries: spec.routes.map((route) => compileRoute(route, slotOf)) }; // alloc-ok: update time
    for (const domain of spec.domains) {
      if (domain === '*') this.#any = host;
      else if (domain.startsWith('*'))
        this.#suffixes.push({ part: domain.slice(1), host }); // alloc-ok: update time
      else if (domain.endsWith('*'))
        this.#prefixes.push({ part: domain.slice(0, -1), host }); // alloc-ok: update time
      else this.#exact.set(domain, host);
    }
  }
}

function compileRoute(route: RouteSpec, slotOf: (cluster: string) => ClusterSlot): RouteEntry {
  const path = route.match.path;
  // alloc-ok: update time
  return {
    name: route.name,
    slot: slotOf(route.action.cluster),
    timeoutMs: route.action.timeoutMs,
    retry: compileRetryPolicy(route.action.retry),
    path: path.value,
    exact: path.kind === 'exact',
    connect: route.match.connect === true,
  };
}

function equalsPath(pathAndQuery: string, path: string): boolean {
  if (!pathAndQuery.startsWith(path)) return false;
  return pathAndQuery.length === path.length || pathAndQuery.charCodeAt(path.length) === 63;
}
