// TrafficPolicy, section rateLimit: how many requests each calling pod may send.
import { Type } from 'typebox';
import { duration, flag, integer, type Of, oneOf } from '../schema/schema.ts';

const MAX = 1_000_000;

export const RATE_LIMIT = Type.Object(
  {
    requests: integer('So many may pass in each interval.', 1, MAX),
    interval: Type.Optional(duration('Default 1s.', { min: '50ms' })),
    burst: Type.Optional(integer('At once, where there was a pause before. Default: requests.', 1, MAX)),
    mode: Type.Optional(
      oneOf(['enforce', 'shadow'], 'shadow = what would be refused is counted, and passes. Default enforce.'),
    ),
    status: Type.Optional(integer('Of refusals. Default 429.', 400, 599)),
    tellLimits: Type.Optional(
      flag('Answers say the limit, what is left, and when there is more (x-ratelimit-…). Default false.'),
    ),
  },
  {
    description:
      'How many requests each calling pod may send to a Service port; its sidecar counts for itself, and answers what is beyond with 429 and Retry-After.',
  },
);

export type RateLimitSection = Of<typeof RATE_LIMIT>;
