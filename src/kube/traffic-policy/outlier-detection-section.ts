// TrafficPolicy, section outlierDetection: which pods are taken out for what they answer.
import { Type } from 'typebox';
import { decimal, duration, flag, integer, type Of, oneOf, percent, rules } from '../schema/schema.ts';

const MAX_COUNT = 1_000;
const MAX_VOLUME = 1_000_000;

const COUNT = (what: string) => Type.Optional(integer(`${what} in a row eject; 0 = they don't count.`, 0, MAX_COUNT));

const SUCCESS_RATE = Type.Object(
  {
    minimumHosts: Type.Optional(integer('Pods with enough requests to be compared. Default 5.', 1, MAX_COUNT)),
    requestVolume: Type.Optional(integer('Requests of a pod in one interval. Default 100.', 1, MAX_VOLUME)),
    stdevFactor: Type.Optional(
      decimal('How many standard deviations below the mean are too few. Default 1.9.', 0, 100),
    ),
  },
  { description: 'A pod that succeeds far less often than the others.' },
);

const FAILURE_PERCENTAGE = Type.Object(
  {
    threshold: Type.Optional(percent('So many failures of a hundred requests are too many. Default 85.')),
    minimumHosts: Type.Optional(integer('Pods with enough requests. Default 5.', 1, MAX_COUNT)),
    requestVolume: Type.Optional(integer('Requests of a pod in one interval. Default 50.', 1, MAX_VOLUME)),
  },
  { description: 'A pod that fails too often, whatever the others do.' },
);

const KNOBS = {
  consecutive5xx: COUNT('So many answers from 500 on'),
  consecutiveGatewayFailure: COUNT('So many of 502, 503 and 504'),
  consecutiveLocalOriginFailure: COUNT('So many connections that failed, were reset or timed out'),
  splitExternalLocalOriginErrors: Type.Optional(
    flag(
      'What never became an answer is counted apart; else it counts as 503, or 504 where it took too long. Default false.',
    ),
  ),
  interval: Type.Optional(
    duration('Between two looks at rates, and at who may come back. Default 10s.', { min: '100ms' }),
  ),
  baseEjectionTime: Type.Optional(duration('A first ejection lasts so long, a second one twice as long. Default 30s.')),
  maxEjectionTime: Type.Optional(duration('However often a pod was ejected. Default 5m.')),
  maxEjectionTimeJitter: Type.Optional(
    duration('Added by chance, so that not all come back at once. Default 0s.', { min: '0s' }),
  ),
  maxEjectionPercent: Type.Optional(percent('Of the pods, so many may be out at one time. Default 50.')),
  alwaysEjectOneHost: Type.Optional(
    flag('One pod may be out even where that is more than maxEjectionPercent. Default false.'),
  ),
  successRate: Type.Optional(SUCCESS_RATE),
  failurePercentage: Type.Optional(FAILURE_PERCENTAGE),
};

const ANY_KNOB = Object.keys(KNOBS)
  .map((name) => `has(self.${name})`)
  .join(' || ');

export const OUTLIER_DETECTION = Type.Object(
  {
    mode: Type.Optional(oneOf(['enforce', 'disabled'], 'disabled = nobody is ejected. Default enforce.')),
    ...KNOBS,
  },
  {
    description: 'Which pods are taken out for what they answer. What is absent is as for Services that say nothing.',
    ...rules(
      {
        rule: `!has(self.mode) || self.mode != 'disabled' || !(${ANY_KNOB})`,
        message: 'is disabled, and says more; remove mode: disabled, or the rest',
      },
      {
        rule: '!has(self.consecutiveLocalOriginFailure) || (has(self.splitExternalLocalOriginErrors) && self.splitExternalLocalOriginErrors)',
        message:
          'has consecutiveLocalOriginFailure, which counts only where such failures are counted apart; add splitExternalLocalOriginErrors: true',
      },
      {
        rule: '!has(self.baseEjectionTime) || !has(self.maxEjectionTime) || duration(self.baseEjectionTime) <= duration(self.maxEjectionTime)',
        message: 'has a baseEjectionTime above its maxEjectionTime; make it the shorter one',
      },
    ),
  },
);

export type OutlierDetectionSection = Of<typeof OUTLIER_DETECTION>;
