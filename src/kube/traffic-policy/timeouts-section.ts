// TrafficPolicy, section timeouts: how long callers wait.
import { Type } from 'typebox';
import { duration, type Of } from '../schema/schema.ts';

const NEVER = { min: '0s' };

export const TIMEOUTS = Type.Object(
  {
    request: Type.Optional(
      duration(
        'From the end of a request to the end of its answer, all attempts together; 0s = for ever. Default 0s.',
        NEVER,
      ),
    ),
    idle: Type.Optional(
      duration(
        'How long nothing of a request or its answer may move; 0s = for ever. Default: as the sidecar is set.',
        NEVER,
      ),
    ),
    connect: Type.Optional(duration('For a connection to a pod. Default 5s.', { max: '10m' })),
  },
  { description: 'How long callers wait, before they are answered 504.' },
);

export type TimeoutsSection = Of<typeof TIMEOUTS>;
