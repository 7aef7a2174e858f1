// The configuration that all workers run, by name: what a new one is told at once.
import type { Issue } from '../base/result.ts';
import type { ClusterSpec } from '../model/cluster-spec.ts';
import type { Changes, ResourceChanges } from '../model/config-sink.ts';
import type { LoadAssignmentSpec } from '../model/endpoint-spec.ts';
import type { ListenerSpec } from '../model/listener-spec.ts';
import { outboundClusterName, portRouteName } from '../model/names.ts';
import type { PrefetchHintsSpec } from '../model/prefetch-hints-spec.ts';
import type { RouteConfigSpec } from '../model/route-spec.ts';
import type { ServiceNameSpec, ServicePortName } from '../model/service-name-spec.ts';

/** Puts back what was there before, for what the workers refused. */
export type TakeBack = (issues: readonly Issue[]) => void;

class SpecTable<Spec extends { readonly name: string }> {
  readonly #specs = new Map<string, Spec>();

  put(changes: ResourceChanges<Spec> | undefined): (refused: ReadonlySet<string>) => void {
    if (changes === undefined) return () => {};
    const before = changes.upserted.map((spec) => [spec, this.#specs.get(spec.name)] as const);
    for (const spec of changes.upserted) this.#specs.set(spec.name, spec);
    for (const name of changes.removed) this.#specs.delete(name);
    return (refused) => {
      for (const [spec, last] of before) {
        if (!refused.has(spec.name) || this.#specs.get(spec.name) !== spec) continue;
        if (last === undefined) this.#specs.delete(spec.name);
        else this.#specs.set(spec.name, last);
      }
    };
  }

  all(): ResourceChanges<Spec> {
    return { upserted: [...this.#specs.values()], removed: [] };
  }

  /** What there is of `name`. */
  one(name: string): ResourceChanges<Spec> {
    const spec = this.#specs.get(name);
    return { upserted: spec === undefined ? [] : [spec], removed: [] };
  }
}

export class ConfigStore {
  readonly #clusters = new SpecTable<ClusterSpec>();
  readonly #endpoints = new SpecTable<LoadAssignmentSpec>();
  readonly #listeners = new SpecTable<ListenerSpec>();
  readonly #routes = new SpecTable<RouteConfigSpec>();
  readonly #names = new SpecTable<ServiceNameSpec>();
  readonly #hints = new SpecTable<PrefetchHintsSpec>();
  /** The first ones, be they none, mean something. */
  #namesTold = false;

  put(changes: Changes): TakeBack {
    this.#namesTold ||= changes.names !== undefined;
    const tables = [
      this.#clusters.put(changes.clusters),
      this.#endpoints.put(changes.endpoints),
      this.#listeners.put(changes.listeners),
      this.#routes.put(changes.routes),
      this.#names.put(changes.names),
      this.#hints.put(homesOf(changes.hints)),
    ];
    return (issues) => {
      const refused = new Set(issues.flatMap(({ source }) => source ?? []));
      for (const takeBack of tables) takeBack(refused);
    };
  }

  /** All that there is, for somebody who has nothing. */
  whole(): Changes {
    return {
      clusters: this.#clusters.all(),
      endpoints: this.#endpoints.all(),
      routes: this.#routes.all(),
      listeners: this.#listeners.all(),
      hints: this.#hints.all(),
      ...(this.#namesTold ? { names: this.#names.all() } : {}),
    };
  }

  /** What there is of a Service port. */
  ofPort({ host, port }: ServicePortName): Changes {
    const cluster = outboundClusterName(port, host);
    return {
      clusters: this.#clusters.one(cluster),
      endpoints: this.#endpoints.one(cluster),
      routes: this.#routes.one(portRouteName(port, host)),
    };
  }
}

/** Who begins later is told what its caller had dialled, and not what siblings hold; which Service its pod is behind is the same for all. */
function homesOf(hints: Changes['hints']): Changes['hints'] {
  if (hints === undefined) return undefined;
  const upserted = hints.upserted.flatMap(({ name, home }) => (home === undefined ? [] : [{ name, routes: [], home }]));
  return { upserted, removed: [] };
}
