// How well registries keep up, as numbers for Prometheus.
import type { KindHealth, RegistryStatus } from '../control/registry/registry-health.ts';

interface MetricRow {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Null: there is no number yet. */
  readonly of: (kind: KindHealth) => number | null;
}

const METRICS: readonly MetricRow[] = [
  {
    name: 'switchboard_registry_objects',
    type: 'gauge',
    help: 'Objects that are held of a kind.',
    of: ({ objects }) => objects,
  },
  {
    name: 'switchboard_registry_following',
    type: 'gauge',
    help: '1 where changes of a kind arrive, 0 where it is behind.',
    of: ({ state }) => (state === 'following' || state === 'absent' ? 1 : 0),
  },
  {
    name: 'switchboard_registry_lists_total',
    type: 'counter',
    help: 'Whole lists of a kind that were read.',
    of: ({ lists }) => lists,
  },
  {
    name: 'switchboard_registry_watch_restarts_total',
    type: 'counter',
    help: 'Watches of a kind that were opened after the first.',
    of: ({ watchRestarts }) => watchRestarts,
  },
  {
    name: 'switchboard_registry_failures_total',
    type: 'counter',
    help: 'Lists and watches of a kind that failed or fell silent.',
    of: ({ failures }) => failures,
  },
  {
    name: 'switchboard_registry_heard_seconds',
    type: 'gauge',
    help: 'Time since the server was last heard of for a kind.',
    of: ({ heardMsAgo }) => (heardMsAgo === null ? null : Math.round(heardMsAgo) / 1_000),
  },
];

/** '' where no registry has anything to keep up with. */
export function renderRegistryMetrics(registries: readonly RegistryStatus[]): string {
  const kinds = registries.flatMap(({ name, kinds }) => kinds.map((kind) => ({ name, kind })));
  if (kinds.length === 0) return '';
  return METRICS.map(({ name, type, help, of }) => {
    const samples = kinds.flatMap(({ name: registry, kind }) => {
      const value = of(kind);
      return value === null ? [] : [`${name}{registry="${registry}",resource="${kind.resource}"} ${value}\n`];
    });
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${samples.join('')}`;
  }).join('');
}
