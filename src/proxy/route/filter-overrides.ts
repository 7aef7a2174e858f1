// What routes say of the filters of listeners, ready to be asked: from the most specific level to the least.
import type { FilterOverrideSpec, FilterOverridesSpec } from '../../model/http-filter-spec.ts';

/** What holds for the requests of one route, or of one of its weighted clusters. */
export class FilterOverrides {
  readonly #levels: readonly FilterOverridesSpec[];

  private constructor(levels: readonly FilterOverridesSpec[]) {
    this.#levels = levels;
  }

  /** Null = nothing is said. */
  static compile(levels: readonly (FilterOverridesSpec | undefined)[]): FilterOverrides | null {
    const said = levels.filter((level) => level !== undefined);
    return said.length === 0 ? null : new FilterOverrides(said);
  }

  /** The same level is the same object for every route that it holds for, so that what is counted for it is counted once. */
  of(filter: string): readonly FilterOverrideSpec[] {
    return this.#levels.flatMap((level) => (Object.hasOwn(level, filter) ? (level[filter] ?? []) : []));
  }
}

/**
 * Finds again what a level said before its routes came anew. Whoever keeps something by it (tokens of a rate limit) keeps it for as long as the
 * level says the same, whatever else has changed.
 */
export class FilterLevels {
  /** By place, and what is said there. */
  readonly #kept = new Map<string, FilterOverrideSpec>();
  #before: ReadonlyMap<string, FilterOverrideSpec> | null;

  constructor(before: FilterLevels | null) {
    this.#before = before === null ? null : before.#kept;
  }

  /** `place`: what makes a level the same one, in any order of routes. */
  keep(place: readonly unknown[], level: FilterOverridesSpec | undefined): FilterOverridesSpec | undefined {
    if (level === undefined) return undefined;
    const entries = Object.entries(level).map(([filter, spec]): [string, FilterOverrideSpec] => {
      const key = JSON.stringify([...place, filter, spec]);
      const same = this.#kept.get(key) ?? this.#before?.get(key) ?? spec;
      this.#kept.set(key, same);
      return [filter, same];
    });
    return Object.fromEntries(entries);
  }

  /** All levels have been told: what they said before is let go. */
  close(): void {
    this.#before = null;
  }
}
