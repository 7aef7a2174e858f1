// What a TrafficPolicy is for: Services of its own namespace, whole or one port of them.
import { Type } from 'typebox';
import { type Of, rules } from '../schema/schema.ts';

/** More would be hard to read, and every rule over them costs the API server time. */
const MAX_TARGETS = 16;

/** Source: Gateway API, LocalPolicyTargetReferenceWithSectionName. */
export const TARGET_REF = Type.Object(
  {
    group: Type.Enum([''] as const, {
      type: 'string',
      default: '',
      description: 'Of a Service: none.',
      hint: 'leave it out: Services have no group',
    }),
    kind: Type.Enum(['Service'] as const, { type: 'string', default: 'Service', description: 'What it is for.' }),
    name: Type.String({ minLength: 1, maxLength: 253, description: 'The Service, in the namespace of the policy.' }),
    sectionName: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 63,
        description:
          'The name of one of its ports; absent = all of them. What is said of a port goes before what is said of all.',
      }),
    ),
  },
  { description: 'A Service, or one port of it.' },
);

const ONCE = {
  rule: 'self.all(a, self.exists_one(b, a.name == b.name && (has(a.sectionName) ? a.sectionName : "") == (has(b.sectionName) ? b.sectionName : "")))',
  message: 'names the same target twice; remove one of them',
};

export const TARGET_REFS = Type.Array(TARGET_REF, {
  minItems: 1,
  maxItems: MAX_TARGETS,
  description: 'What the policy is for.',
  ...rules(ONCE),
});

export type TargetRef = Of<typeof TARGET_REF>;
