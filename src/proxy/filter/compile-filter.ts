// The table of filters that the sidecar runs: from what a listener and its routes say to what requests meet.
import type { AdaptiveConcurrencySpec } from '../../model/adaptive-concurrency-spec.ts';
import type {
  FilterOverrideConfigSpec,
  FilterOverrideSpec,
  HttpFilterConfigSpec,
} from '../../model/http-filter-spec.ts';
import type { LocalRateLimitSpec } from '../../model/local-rate-limit-spec.ts';
import { AdaptiveConcurrency } from './adaptive-concurrency.ts';
import { Cors } from './cors.ts';
import { Descriptors } from './descriptors.ts';
import { FaultFilter } from './fault-filter.ts';
import type { FilterContext } from './filter-context.ts';
import type { FilterStats } from './filter-stats.ts';
import type { HttpFilter } from './http-filter.ts';
import { LocalRateLimit } from './local-rate-limit.ts';
import { SessionFilter } from './session-filter.ts';

export interface FilterParts extends FilterContext {
  readonly stats: FilterStats;
}

/** `levels`: what routes say of it, the most specific first. Null: it does nothing. */
export function compileFilter(
  config: HttpFilterConfigSpec,
  levels: readonly FilterOverrideSpec[],
  parts: FilterParts,
): HttpFilter | null {
  switch (config.kind) {
    case 'fault': {
      const { fault } = nearest('fault', levels) ?? config;
      return FaultFilter.compile(fault, { ...parts, stats: parts.stats.fault });
    }
    case 'stateful-session': {
      const { session } = nearest('stateful-session', levels) ?? config;
      return SessionFilter.compile(session);
    }
    case 'local-rate-limit':
      return compileRateLimit((nearest('local-rate-limit', levels) ?? config).limit, parts);
    case 'adaptive-concurrency': {
      const own = nearest('adaptive-concurrency', levels);
      return compileAdaptive((own ?? config).concurrency, own === null, parts);
    }
    case 'cors': {
      const policies = configsOf('cors', levels).map(({ policy }) => policy);
      return Cors.compile(policies, { random: parts.random, stats: parts.stats.cors });
    }
  }
}

/** Its bucket is kept by what says it, so that it outlasts what else changes. */
function compileRateLimit(
  limit: LocalRateLimitSpec,
  { clock, random, share, commons }: FilterParts,
): HttpFilter | null {
  if (limit.bucket === undefined) return null;
  const bucket = commons.bucketOf(limit, limit.bucket, share, clock.now());
  const buckets = limit.descriptors?.buckets.map((one) => commons.bucketOf(one, one.bucket, share, clock.now())) ?? [];
  const descriptors = limit.descriptors === undefined ? null : new Descriptors(limit.descriptors, buckets);
  const stats = commons.rateLimitStats(limit.statPrefix);
  return new LocalRateLimit(limit, { clock, random, bucket, descriptors, stats });
}

/** Gauges tell of the listener's own controller; those of routes count what they refuse. */
function compileAdaptive(
  spec: AdaptiveConcurrencySpec | null,
  isListeners: boolean,
  { clock, random, commons, stats }: FilterParts,
): HttpFilter | null {
  if (spec === null) return null;
  const controller = commons.controllerOf(spec, random, clock.now());
  if (isListeners) stats.adaptive.controller = controller;
  return new AdaptiveConcurrency({ clock, controller, stats: stats.adaptive, status: spec.status });
}

type ConfigOf<Kind> = Extract<FilterOverrideConfigSpec, { readonly kind: Kind }>;

/** What the most specific level says that says how the filter runs. */
function nearest<Kind extends FilterOverrideConfigSpec['kind']>(
  kind: Kind,
  levels: readonly FilterOverrideSpec[],
): ConfigOf<Kind> | null {
  return configsOf(kind, levels)[0] ?? null;
}

/** What all levels say, the most specific first. */
export function configsOf<Kind extends FilterOverrideConfigSpec['kind']>(
  kind: Kind,
  levels: readonly FilterOverrideSpec[],
): readonly ConfigOf<Kind>[] {
  const isOf = (config: FilterOverrideConfigSpec | undefined): config is ConfigOf<Kind> => config?.kind === kind;
  return levels.map(({ config }) => config).filter(isOf);
}
