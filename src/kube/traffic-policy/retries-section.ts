// TrafficPolicy, section retries: which failures are sent again, how often, and after what pause.
import { Type } from 'typebox';
import { duration, integer, type Of, oneOf, rules } from '../schema/schema.ts';

/** Envoy's and gRPC's, and `safe`. What needs more than its name is a field of its own. */
export const RETRY_ON = [
  'safe',
  'connect-failure',
  'refused-stream',
  'reset',
  'reset-before-request',
  'gateway-error',
  '5xx',
  'retriable-4xx',
  'envoy-ratelimited',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
] as const;

const BACKOFF = Type.Object(
  {
    baseInterval: duration('The pause before a first retry is drawn from 0 to this, later ones from more and more.', {
      max: '1m',
    }),
    maxInterval: Type.Optional(duration('No pause is longer. Default: ten times baseInterval.', { max: '10m' })),
  },
  {
    description: 'A pause before each retry. Absent = none while another pod is left.',
    ...rules({
      rule: '!has(self.maxInterval) || duration(self.baseInterval) <= duration(self.maxInterval)',
      message: 'has a baseInterval above its maxInterval; make it the shorter one',
    }),
  },
);

export const RETRIES = Type.Object(
  {
    attempts: Type.Optional(integer('Retries of one request, at most; 0 = none. Default 2.', 0, 10)),
    retryOn: Type.Optional(
      Type.Array(oneOf(RETRY_ON, 'A failure.'), {
        minItems: 1,
        maxItems: RETRY_ON.length,
        description:
          'What is sent again, whatever the method. Default: safe, which is what was not processed, and for GET, HEAD, OPTIONS, PUT and DELETE also answers of 502, 503 and 504 and those that never came.',
      }),
    ),
    statusCodes: Type.Optional(
      Type.Array(integer('A status.', 100, 599), {
        minItems: 1,
        maxItems: 32,
        description: 'Answers with one of these are sent again, too. Without retryOn: beside what is safe.',
      }),
    ),
    backoff: Type.Optional(BACKOFF),
  },
  { description: 'Which failures are sent to another pod, and how often.' },
);

export type RetriesSection = Of<typeof RETRIES>;
