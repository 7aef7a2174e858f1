// TrafficPolicy, section adaptiveConcurrency: how many requests at a time a Service takes well, found out by how long they take.
import { Type } from 'typebox';
import { decimal, duration, integer, type Of, rules } from '../schema/schema.ts';

const MAX = 1_000_000;

const MIN_RTT = Type.Object(
  {
    fixed: Type.Optional(duration('It is known, and not measured.')),
    interval: Type.Optional(duration('From one measurement to the next. Default 60s.')),
    jitterPercent: Type.Optional(decimal('More by chance, of the interval. Default 15.', 0, 100)),
    requestCount: Type.Optional(integer('Requests whose times are taken. Default 50.', 1, 100_000)),
    minConcurrency: Type.Optional(integer('The limit meanwhile. Default 3.', 1, MAX)),
  },
  {
    description: 'The time that requests take without load.',
    ...rules({
      rule: '!has(self.fixed) || !(has(self.interval) || has(self.jitterPercent) || has(self.requestCount) || has(self.minConcurrency))',
      message: 'is fixed, and says how to measure it; keep one of them',
    }),
  },
);

export const ADAPTIVE_CONCURRENCY = Type.Object(
  {
    percentile: Type.Optional(decimal('Which of the times of a window counts. Default 50.', 0, 100)),
    maxLimit: Type.Optional(integer('Default 1000.', 1, MAX)),
    minLimit: Type.Optional(integer('Default 3.', 1, MAX)),
    updateInterval: Type.Optional(duration('Of a window. Default 100ms.')),
    bufferPercent: Type.Optional(decimal('What times may grow before the limit falls. Default 25.', 0, 10_000)),
    status: Type.Optional(integer('Of refusals. Default 503.', 400, 599)),
    minRtt: Type.Optional(MIN_RTT),
  },
  {
    description:
      'How many requests at a time a Service port takes well, found out by each sidecar from how long they take; what is beyond it is refused. For our own sidecars: Envoy has it for listeners alone. {} = with all defaults.',
    ...rules({
      rule: '!has(self.minLimit) || !has(self.maxLimit) || self.minLimit <= self.maxLimit',
      message: 'has a minLimit above its maxLimit; make it the smaller one',
    }),
  },
);

export type AdaptiveConcurrencySection = Of<typeof ADAPTIVE_CONCURRENCY>;
