// TrafficPolicy, section retries: which failures are sent again, how often, and after what pause.
import { Type } from 'typebox';
import { duration, flag, integer, type Of, oneOf, percent, rules } from '../schema/schema.ts';
import { HEADER_NAME } from './header-name.ts';

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

const RESET_HEADER = Type.Object(
  {
    name: Type.String({ ...HEADER_NAME, description: 'Of the answer.' }),
    format: Type.Optional(oneOf(['seconds', 'unix-timestamp'], 'Seconds from now, or since 1970. Default seconds.')),
  },
  { description: 'A header that says when to come back.' },
);

const RATE_LIMITED_BACKOFF = Type.Object(
  {
    resetHeaders: Type.Array(RESET_HEADER, {
      minItems: 1,
      maxItems: 8,
      description: 'The first that an answer has, and that is not too long, counts.',
    }),
    maxInterval: Type.Optional(duration('What asks for more does not count. Default 5m.', { max: '1h' })),
  },
  { description: 'A pause that the answer asks for, such as Retry-After.' },
);

const BUDGET = Type.Object(
  {
    percent: percent('Of all that is in work for the Service port, so much may be retries.'),
    minConcurrent: Type.Optional(integer('So many may be in work in any case. Default 3.', 0, 1_000_000)),
  },
  { description: 'Absent, and without maxConcurrent: 20 % of the requests of ten seconds, and one a second.' },
);

/** One of several is enough. */
function headers(of: string, description: string) {
  const header = Type.Object(
    {
      name: Type.String({ ...HEADER_NAME, description: `Of the ${of}.` }),
      value: Type.Optional(
        Type.String({ maxLength: 4_096, description: 'Letter by letter. Absent = it is there, whatever it says.' }),
      ),
    },
    { description: `A header of the ${of}.` },
  );
  return Type.Array(header, { minItems: 1, maxItems: 8, description });
}

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
    retriableHeaders: Type.Optional(
      headers(
        'answer',
        'Answers that have one of these are sent again, too, whatever their status. Without retryOn: beside what is safe.',
      ),
    ),
    retriableRequestHeaders: Type.Optional(
      headers('request', 'Only requests that have one of these are sent again, whatever fails. Absent = all.'),
    ),
    backoff: Type.Optional(BACKOFF),
    rateLimitedBackoff: Type.Optional(RATE_LIMITED_BACKOFF),
    perTryTimeout: Type.Optional(
      duration('From the end of the request to the beginning of an answer, of one try. Absent = none.'),
    ),
    perTryIdleTimeout: Type.Optional(duration('Of a try in which no byte moves. Absent = none.')),
    hedgeOnPerTryTimeout: Type.Optional(
      flag(
        'A try that has taken its perTryTimeout goes on beside the next one, and the first good answer counts: it repeats what pods may be working on. Default false.',
      ),
    ),
    budget: Type.Optional(BUDGET),
    maxConcurrent: Type.Optional(integer('Retries in work at a time, instead of a budget.', 0, 1_000_000)),
  },
  {
    description: 'Which failures are sent to another pod, how often, and how long a try may take.',
    ...rules(
      {
        rule: '!has(self.hedgeOnPerTryTimeout) || !self.hedgeOnPerTryTimeout || has(self.perTryTimeout)',
        message: 'has hedgeOnPerTryTimeout, and no time after which to hedge; add perTryTimeout',
      },
      {
        rule: '!has(self.budget) || !has(self.maxConcurrent)',
        message: 'has a budget and maxConcurrent; keep one of them',
      },
    ),
  },
);

export type RetriesSection = Of<typeof RETRIES>;
