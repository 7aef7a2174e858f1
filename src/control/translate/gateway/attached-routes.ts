// All routes of Gateway API, translated, and the Services that each is attached to; done again only for what changed.
import type { Issue } from '../../../base/result.ts';
import { compare } from '../backend.ts';
import { sameItems } from '../service-inputs.ts';
import { conflictsOf } from './conflicts.ts';
import { problemWarning } from './problem.ts';
import type { RouteInputs } from './route-inputs.ts';
import { type TranslatedRoute, translateRoute } from './translate-route.ts';

const NONE: readonly TranslatedRoute[] = [];

export class AttachedRoutes {
  readonly #clusterDomain: string;
  readonly #translated = new WeakMap<RouteInputs, TranslatedRoute>();
  #inputs: readonly RouteInputs[] = [];
  #routes: readonly TranslatedRoute[] = NONE;
  #byService: ReadonlyMap<string, readonly TranslatedRoute[]> = new Map();
  #issues: readonly Issue[] = [];

  constructor(clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
  }

  /** By kind, namespace and name; the same object while no route changes. */
  get routes(): readonly TranslatedRoute[] {
    return this.#routes;
  }

  get issues(): readonly Issue[] {
    return this.#issues;
  }

  /** `inputs`: the same list while nothing in it changed. */
  update(inputs: readonly RouteInputs[]): void {
    if (inputs === this.#inputs) return;
    this.#inputs = inputs;
    const routes = inputs.map((one) => this.#translate(one)).sort(compareNames);
    if (sameItems(routes, this.#routes)) return;
    this.#routes = routes;
    this.#byService = grouped(routes, this.#byService);
    this.#issues = routes.flatMap((route) => [...route.issues, ...this.#conflictIssues(route)]);
  }

  /** Those of which it is a parent; the same list while none of them changes. `service`: by `serviceKey`. */
  of(service: string): readonly TranslatedRoute[] {
    return this.#byService.get(service) ?? NONE;
  }

  /** By `serviceKey` of the parent; the same object while no route changes. */
  get byService(): ReadonlyMap<string, readonly TranslatedRoute[]> {
    return this.#byService;
  }

  #conflictIssues(route: TranslatedRoute): readonly Issue[] {
    const conflicts = conflictsOf(route, (service) => this.of(service));
    return conflicts.map(({ problem }) => problemWarning(route.inputs, problem));
  }

  #translate(inputs: RouteInputs): TranslatedRoute {
    let route = this.#translated.get(inputs);
    if (route === undefined) {
      route = translateRoute(inputs, this.#clusterDomain);
      this.#translated.set(inputs, route);
    }
    return route;
  }
}

function compareNames(left: TranslatedRoute, right: TranslatedRoute): number {
  return compare(nameOf(left), nameOf(right));
}

function nameOf({ inputs }: TranslatedRoute): string {
  const { kind, metadata } = inputs.route.object;
  return `${kind} ${metadata.namespace} ${metadata.name}`;
}

function grouped(
  routes: readonly TranslatedRoute[],
  before: ReadonlyMap<string, readonly TranslatedRoute[]>,
): ReadonlyMap<string, readonly TranslatedRoute[]> {
  const groups = new Map<string, TranslatedRoute[]>();
  for (const route of routes) {
    for (const service of new Set(route.parents.map((parent) => parent.service))) {
      const group = groups.get(service);
      if (group === undefined) groups.set(service, [route]);
      else group.push(route);
    }
  }
  return new Map(
    Array.from(groups, ([service, group]) => {
      const old = before.get(service);
      return [service, old !== undefined && sameItems(old, group) ? old : group] as const;
    }),
  );
}
