// TrafficPolicy, section mirrors: copies of requests for other Services.
import { Type } from 'typebox';
import { decimal, integer, type Of } from '../schema/schema.ts';

/** Each of them has all of the requests once more. */
const MAX_MIRRORS = 8;

/** Source: Gateway API, BackendObjectReference; no other kind is known here. */
const BACKEND_REF = Type.Object(
  {
    group: Type.Enum([''] as const, {
      type: 'string',
      default: '',
      description: 'Of a Service: none.',
      hint: 'leave it out: Services have no group',
    }),
    kind: Type.Enum(['Service'] as const, { type: 'string', default: 'Service', description: 'What gets them.' }),
    name: Type.String({ minLength: 1, maxLength: 253, description: 'The Service.' }),
    namespace: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description:
          'Of the Service; another than that of the policy has to agree by a ReferenceGrant. Default: that of the policy.',
      }),
    ),
    port: integer('Of the Service.', 1, 65_535),
  },
  { description: 'A port of a Service.' },
);

const MIRROR = Type.Object(
  {
    backendRef: BACKEND_REF,
    percentage: Type.Optional(
      decimal('Of the requests, each drawn for itself; ten-thousandths count. Default 100.', 0, 100),
    ),
  },
  { description: 'Who gets copies, and of how many requests.' },
);

export const MIRRORS = Type.Array(MIRROR, {
  maxItems: MAX_MIRRORS,
  description:
    'Copies of requests for other Services, whose answers nobody reads and nobody waits for. An empty list = none, such as for one port of a Service that has some.',
});

export type MirrorsSection = Of<typeof MIRRORS>;
