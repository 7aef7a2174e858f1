// The filters of one HTTP connection manager, compiled: which of them run for a request, by what its route says.
import type { FilterOverrideSpec, HttpFilterSpec } from '../../model/http-filter-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { FilterOverrides } from '../route/filter-overrides.ts';
import { compileFilter } from './compile-filter.ts';
import type { FilterContext } from './filter-context.ts';
import { FilterStats } from './filter-stats.ts';
import type { HttpFilter } from './http-filter.ts';

export class HttpFilters {
  readonly #specs: readonly HttpFilterSpec[];
  readonly #context: FilterContext;
  readonly #stats: FilterStats;
  /** Of routes that say nothing of them; null = none runs. */
  readonly #usual: readonly HttpFilter[] | null;
  /** A table of routes that is gone takes its lists with it. */
  readonly #lists = new WeakMap<FilterOverrides, readonly HttpFilter[] | null>();

  private constructor(specs: readonly HttpFilterSpec[], context: FilterContext, before: HttpFilters | null) {
    this.#context = context;
    this.#stats = before === null ? new FilterStats() : before.#stats;
    this.#specs = before === null ? specs : specs.map((spec) => sameOf(spec, before.#specs));
    this.#usual = this.#compile(null);
  }

  /** Null: there are none. `before`: those that these take the place of; what says the same goes on counting where that was. */
  static compile(
    specs: readonly HttpFilterSpec[] | undefined,
    context: FilterContext,
    before: HttpFilters | null,
  ): HttpFilters | null {
    return specs === undefined ? null : new HttpFilters(specs, context, before);
  }

  /** In their order; null = none runs. */
  of(overrides: FilterOverrides | null): readonly HttpFilter[] | null {
    if (overrides === null) return this.#usual;
    const known = this.#lists.get(overrides);
    if (known !== undefined) return known;
    const list = this.#compile(overrides);
    this.#lists.set(overrides, list);
    return list;
  }

  collect(prefix: string, sink: StatSink): void {
    this.#stats.collect(prefix, sink);
  }

  #compile(overrides: FilterOverrides | null): readonly HttpFilter[] | null {
    const filters: HttpFilter[] = [];
    for (const spec of this.#specs) {
      const levels = overrides === null ? [] : overrides.of(spec.name);
      if (isDisabled(spec, levels)) continue;
      const filter = compileFilter(spec.config, levels, { ...this.#context, stats: this.#stats });
      if (filter !== null) filters.push(filter);
    }
    return filters.length === 0 ? null : filters;
  }
}

/** Source: envoy.config.route.v3.FilterConfig.disabled. */
function isDisabled(spec: HttpFilterSpec, [nearest]: readonly FilterOverrideSpec[]): boolean {
  return nearest === undefined ? spec.disabled === true : nearest.disabled === true;
}

/** What a filter keeps, it keeps by its specification. */
function sameOf(spec: HttpFilterSpec, before: readonly HttpFilterSpec[]): HttpFilterSpec {
  const text = JSON.stringify(spec);
  return before.find((one) => one.name === spec.name && JSON.stringify(one) === text) ?? spec;
}
