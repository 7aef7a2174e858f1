// @hot
// Compiled routes: from a request's head to the entry that carries everything the request needs, without a look-up by name.
import type { Random } from '../../base/random.ts';
import type { RouteConfigSpec, RouteSpec, VirtualHostSpec } from '../../model/route-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import type { ClusterSlot } from '../upstream/cluster.ts';
import { FilterLevels } from './filter-overrides.ts';
import { compileRoute, type RouteEntry } from './route-entry.ts';

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
  readonly #ignorePort: boolean;
  readonly #exact = new Map<string, CompiledHost>();
  /** Longest first. */
  readonly #suffixes: Wildcard[] = [];
  readonly #prefixes: Wildcard[] = [];
  #any: CompiledHost | null = null;
  /** There is no other domain than `*`: who asks makes no difference, as where the authority has led to this table already. */
  readonly #takesAll: boolean;

  /** What is said of filters; null = nothing. */
  readonly #filterLevels: FilterLevels | null;
  readonly #random: Random;

  /**
   * `slotOf` answers the same slot for the same name, always. `random`: for routes that take a share of what they match. `before`: the table that
   * this one takes the place of.
   */
  constructor(
    spec: RouteConfigSpec,
    slotOf: (cluster: string) => ClusterSlot,
    random: Random,
    before: RouteTable | null = null,
  ) {
    this.spec = spec;
    this.#random = random;
    this.#filterLevels = speaksOfFilters(spec) ? new FilterLevels(before === null ? null : before.#filterLevels) : null;
    this.#ignorePort = spec.ignorePortInHostMatching === true;
    for (const host of spec.virtualHosts) this.#add(host, slotOf);
    this.#takesAll = this.#exact.size + this.#suffixes.length + this.#prefixes.length === 0;
    this.#filterLevels?.close();
    this.#suffixes.sort((a, b) => b.part.length - a.part.length);
    this.#prefixes.sort((a, b) => b.part.length - a.part.length);
  }

  /** `null` = nobody answers to this. `pinned`: what stands for the request's own authority; null = that. */
  match(head: RequestHead, pinned: string | null = null): RouteEntry | null {
    const host = this.#takesAll ? this.#any : this.#hostFor(pinned ?? head.authority);
    if (host === null) return null;
    const connect = head.isConnect;
    const entries = host.entries;
    for (let index = 0; index < entries.length; index += 1) {
      const entry = entries[index] as RouteEntry;
      if (entry.connect !== connect || (!connect && !takesPath(entry, head.path))) continue;
      if (entry.condition === null || entry.condition.matches(head)) return entry;
    }
    return null;
  }

  /** As CONNECT to `authority` without any field: for connections that were redirected. */
  matchConnection(authority: string): RouteEntry | null {
    const host = this.#takesAll ? this.#any : this.#hostFor(authority);
    return host?.entries.find((entry) => entry.connect && entry.condition === null) ?? null; // alloc-ok: once a connection
  }

  #hostFor(authority: string): CompiledHost | null {
    return this.#hostOf(this.#ignorePort ? withoutPort(authority) : authority);
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
    // alloc-ok: update time
    const host: CompiledHost = { spec, entries: this.#compile(spec, slotOf) };
    for (const domain of spec.domains) {
      if (domain === '*') this.#any = host;
      else if (domain.startsWith('*'))
        this.#suffixes.push({ part: domain.slice(1), host }); // alloc-ok: update time
      else if (domain.endsWith('*'))
        this.#prefixes.push({ part: domain.slice(0, -1), host }); // alloc-ok: update time
      else this.#exact.set(domain, host);
    }
  }

  /** Header changes happen from the inside out, unless the configuration says the opposite. */
  #compile(host: VirtualHostSpec, slotOf: (cluster: string) => ClusterSlot): RouteEntry[] {
    const config = this.spec;
    const known = this.#filterLevels;
    const routeFirst = config.mostSpecificHeaderChangesWin !== true;
    const levels = routeFirst ? [host.headers, config.headers] : [config.headers, host.headers]; // alloc-ok: update time
    const outer = known === null ? [] : [known.keep([host.name], host.filters), known.keep([], config.filters)]; // alloc-ok: as above
    const filters = { outer, known, host: host.name }; // alloc-ok: as above
    const { attemptCount } = host;
    const own = attemptCount === undefined ? {} : { attemptCount }; // alloc-ok: as above
    const surroundings = { levels, routeFirst, filters, random: this.#random, ...own }; // alloc-ok: as above
    return host.routes.map((route) => compileRoute(route, surroundings, slotOf)); // alloc-ok: as above
  }
}

function speaksOfFilters({ filters, virtualHosts }: RouteConfigSpec): boolean {
  if (filters !== undefined) return true;
  // alloc-ok: update time
  return virtualHosts.some((host) => host.filters !== undefined || host.routes.some(routeSpeaksOfFilters));
}

function routeSpeaksOfFilters({ filters, action }: RouteSpec): boolean {
  if (filters !== undefined) return true;
  if (action.kind === 'redirect' || action.kind === 'direct-response' || typeof action.cluster === 'string')
    return false;
  return action.cluster.some((weighted) => weighted.filters !== undefined); // alloc-ok: update time
}

/** Paths are compared without their query. */
function takesPath(entry: RouteEntry, path: string): boolean {
  if (entry.pathMatcher !== null) return entry.pathMatcher.matches(path);
  return entry.exact ? equalsPath(path, entry.path) : path.startsWith(entry.path);
}

function equalsPath(pathAndQuery: string, path: string): boolean {
  if (!pathAndQuery.startsWith(path)) return false;
  return pathAndQuery.length === path.length || pathAndQuery.charCodeAt(path.length) === 63;
}

/** `host:port` → `host`. */
function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return colon < 0 || colon < authority.lastIndexOf(']') ? authority : authority.slice(0, colon);
}
