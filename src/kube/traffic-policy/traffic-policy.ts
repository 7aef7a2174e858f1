// The TrafficPolicy: what a Service's callers do beyond choosing a pod, written beside the Service.
import { Type } from 'typebox';
import type { Fields } from '../fields.ts';
import { NAMESPACED, type ObjectMeta, readMeta } from '../meta.ts';
import { type Of, rules, type Schema } from '../schema/schema.ts';
import { SchemaReader } from '../schema/schema-reader.ts';
import { ADAPTIVE_CONCURRENCY } from './adaptive-concurrency-section.ts';
import { CIRCUIT_BREAKERS } from './circuit-breakers-section.ts';
import { CONNECTIONS } from './connections-section.ts';
import { CORS } from './cors-section.ts';
import { FAULTS } from './faults-section.ts';
import { HEALTH_CHECK } from './health-check-section.ts';
import { LOAD_BALANCER } from './load-balancer-section.ts';
import { MIRRORS } from './mirrors-section.ts';
import { OUTLIER_DETECTION } from './outlier-detection-section.ts';
import { RATE_LIMIT } from './rate-limit-section.ts';
import { RETRIES } from './retries-section.ts';
import { SESSION_AFFINITY } from './session-affinity-section.ts';
import { TARGET_REFS } from './target-ref.ts';
import { TIMEOUTS } from './timeouts-section.ts';

export const TRAFFIC_POLICY_API_VERSION = 'switchboard.dev/v1alpha1';

/** A section says all of its matter: what a policy leaves out of a section has its default, whatever an annotation says. */
const SECTIONS = {
  loadBalancer: Type.Optional(LOAD_BALANCER),
  sessionAffinity: Type.Optional(SESSION_AFFINITY),
  timeouts: Type.Optional(TIMEOUTS),
  retries: Type.Optional(RETRIES),
  outlierDetection: Type.Optional(OUTLIER_DETECTION),
  healthCheck: Type.Optional(HEALTH_CHECK),
  connections: Type.Optional(CONNECTIONS),
  circuitBreakers: Type.Optional(CIRCUIT_BREAKERS),
  rateLimit: Type.Optional(RATE_LIMIT),
  adaptiveConcurrency: Type.Optional(ADAPTIVE_CONCURRENCY),
  cors: Type.Optional(CORS),
  mirrors: Type.Optional(MIRRORS),
  faults: Type.Optional(FAULTS),
};

export type SectionName = keyof typeof SECTIONS;

export const SECTION_NAMES = Object.keys(SECTIONS) as readonly SectionName[];

export const TRAFFIC_POLICY_SPEC = Type.Object(
  { targetRefs: TARGET_REFS, ...SECTIONS },
  {
    description: 'What it is for, and a section for each matter.',
    ...rules({
      rule: SECTION_NAMES.map((name) => `has(self.${name})`).join(' || '),
      message: `says nothing of its targets; add one of ${SECTION_NAMES.join(', ')}`,
    }),
  },
);

/** Source: switchboard.dev/v1alpha1; a direct policy of Gateway API (GEP-713). */
export interface TrafficPolicy {
  readonly apiVersion: typeof TRAFFIC_POLICY_API_VERSION;
  readonly kind: 'TrafficPolicy';
  readonly metadata: ObjectMeta;
  readonly spec: TrafficPolicySpec;
}

export type TrafficPolicySpec = Of<typeof TRAFFIC_POLICY_SPEC>;
export type TrafficPolicySections = Omit<TrafficPolicySpec, 'targetRefs'>;

const EMPTY_SPEC: TrafficPolicySpec = { targetRefs: [] };

/** Rules are made ready once, when they are first asked. */
const READER = new SchemaReader<TrafficPolicySpec>(TRAFFIC_POLICY_SPEC as unknown as Schema);

export function readTrafficPolicy(fields: Fields): TrafficPolicy {
  return {
    apiVersion: TRAFFIC_POLICY_API_VERSION,
    kind: 'TrafficPolicy',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: fields.required('spec', (...at) => READER.read(...at)) ?? EMPTY_SPEC,
  };
}
