// TrafficPolicy, section faults: delays and failures on purpose, to see what callers do.
import { Type } from 'typebox';
import { decimal, duration, integer, type Of, rules } from '../schema/schema.ts';
import { HEADER_NAME } from './header-name.ts';

const PERCENTAGE = decimal('Of the requests. Default 100.', 0, 100);

const DELAY = Type.Object(
  {
    duration: duration('How long they wait before they are sent.', { max: '1h' }),
    percentage: Type.Optional(PERCENTAGE),
  },
  { description: 'Requests that come late.' },
);

const ABORT = Type.Object(
  {
    httpStatus: Type.Optional(integer('They are answered with this.', 200, 599)),
    grpcStatus: Type.Optional(integer('They are answered with this: 14 = UNAVAILABLE.', 0, 16)),
    percentage: Type.Optional(PERCENTAGE),
  },
  {
    description: 'Requests that fail, and reach no pod.',
    ...rules({
      rule: 'has(self.httpStatus) != has(self.grpcStatus)',
      message: 'has not exactly one of httpStatus and grpcStatus; keep or write one',
    }),
  },
);

const HEADER = Type.Object(
  {
    name: Type.String({ ...HEADER_NAME, description: 'Of the request.' }),
    value: Type.String({ maxLength: 4_096, description: 'Letter by letter.' }),
  },
  { description: 'A header that a request must have.' },
);

export const FAULTS = Type.Object(
  {
    delay: Type.Optional(DELAY),
    abort: Type.Optional(ABORT),
    headers: Type.Optional(
      Type.Array(HEADER, { minItems: 1, maxItems: 8, description: 'Only requests that have all of these.' }),
    ),
    maxActive: Type.Optional(integer('More than this do not have a fault at one time.', 0, 1_000_000)),
  },
  {
    description: 'Delays and failures on purpose, to see what callers do.',
    ...rules({
      rule: 'has(self.delay) || has(self.abort)',
      message: 'has no fault; add delay or abort',
    }),
  },
);

export type FaultsSection = Of<typeof FAULTS>;
