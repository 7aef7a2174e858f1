// TrafficPolicy, section healthCheck: pods are asked whether they can serve, beside what Kubernetes asks them.
import { Type } from 'typebox';
import { duration, integer, type Of, rules } from '../schema/schema.ts';

const STATUSES = Type.Object(
  {
    start: integer('The first that counts.', 100, 599),
    end: Type.Optional(integer('The last that counts. Default: start.', 100, 599)),
  },
  {
    description: 'Statuses of answers.',
    ...rules({
      rule: '!has(self.end) || self.start <= self.end',
      message: 'has a start above its end; make it the smaller one',
    }),
  },
);

const STATUS_LIST = (description: string) => Type.Array(STATUSES, { minItems: 1, maxItems: 16, description });

const HTTP = Type.Object(
  {
    path: Type.String({
      pattern: '^/[!-~]{0,999}$',
      maxLength: 1_000,
      hint: 'write a path that begins with /',
      description: 'What is asked for.',
    }),
    host: Type.Optional(
      Type.String({
        pattern: '^[0-9A-Za-z.:_\\[\\]-]{1,253}$',
        maxLength: 253,
        hint: 'write a name, with a port where it has one',
        description: 'Default: the name of the cluster.',
      }),
    ),
    expectedStatuses: Type.Optional(STATUS_LIST('Answers of a pod that can serve. Default 200.')),
  },
  { description: 'Asks by GET.' },
);

const GRPC = Type.Object(
  {
    service: Type.Optional(
      Type.String({ maxLength: 256, description: 'That is asked about. Default: the server as a whole.' }),
    ),
  },
  { description: 'Asks grpc.health.v1.Health.' },
);

const TCP = Type.Object({}, { description: 'A connection is enough.' });

export const HEALTH_CHECK = Type.Object(
  {
    http: Type.Optional(HTTP),
    grpc: Type.Optional(GRPC),
    tcp: Type.Optional(TCP),
    port: Type.Optional(integer('Instead of the port that requests go to.', 1, 65_535)),
    interval: Type.Optional(duration('From one answer to the next check. Default 10s.', { min: '100ms' })),
    timeout: Type.Optional(duration('For one answer. Default 1s.', { max: '10m' })),
    unhealthyThreshold: Type.Optional(integer('Failures in a row before a pod is out. Default 3.', 1, 1_000)),
    healthyThreshold: Type.Optional(integer('Successes in a row before it is back. Default 2.', 1, 1_000)),
    unhealthyInterval: Type.Optional(duration('While it is out. Default: interval.', { min: '100ms' })),
    noTrafficInterval: Type.Optional(
      duration('While this sidecar never called the Service. Default 60s.', { min: '100ms' }),
    ),
  },
  {
    description: 'Each sidecar asks the pods that it calls whether they can serve, beside the probes of Kubernetes.',
    ...rules({
      rule: '(has(self.http) ? 1 : 0) + (has(self.grpc) ? 1 : 0) + (has(self.tcp) ? 1 : 0) == 1',
      message: 'has not exactly one of http, grpc and tcp; keep or write one',
    }),
  },
);

export type HealthCheckSection = Of<typeof HEALTH_CHECK>;
