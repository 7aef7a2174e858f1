// TrafficPolicy, section outlierDetection: which pods are taken out for what they answer.
import { Type } from 'typebox';
import { decimal, duration, flag, integer, type Of, oneOf, percent, rules } from '../schema/schema.ts';
import { HEADER_NAME } from './header-name.ts';

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

const WORSE_THAN_PEERS = Type.Object(
  {
    gapPercent: Type.Optional(
      integer(
        'A pod that fails so many percentage points more often than the others is found soonest; 0 = nobody is compared. Default 30.',
        0,
        100,
      ),
    ),
  },
  { description: 'A pod that fails more often than the others, found as soon as that is sure.' },
);

const SLOWER_THAN_PEERS = Type.Object(
  {
    factor: decimal('So many times what the others take in the middle is too long.', 1.1, 1_000),
    excess: Type.Optional(duration('And at least so much longer. Default 20ms.', { min: '0s' })),
    minimumHosts: Type.Optional(integer('Pods with enough requests to be compared. Default 3.', 2, MAX_COUNT)),
    requestVolume: Type.Optional(integer('Requests of a pod in one interval. Default 30.', 1, MAX_VOLUME)),
  },
  { description: 'A pod that is far slower than the others.' },
);

const CALLERS = Type.Object(
  {
    header: Type.String({
      ...HEADER_NAME,
      description: 'Its value tells callers apart.',
    }),
    minimum: Type.Optional(integer('So many different ones must have seen a pod fail. Default 2.', 1, 64)),
  },
  { description: 'One caller whose requests no pod can answer ejects nobody.' },
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
  minHealthyHosts: Type.Optional(
    integer('Nobody is ejected where fewer pods would be left that take requests. Default 1.', 1, MAX_COUNT),
  ),
  returnWindow: Type.Optional(
    duration('After an ejection a pod gets its share bit by bit, for so long; 0s = at once. Default 10s.', {
      min: '0s',
      max: '1h',
    }),
  ),
  worseThanPeers: Type.Optional(WORSE_THAN_PEERS),
  slowerThanPeers: Type.Optional(SLOWER_THAN_PEERS),
  callers: Type.Optional(CALLERS),
  successRate: Type.Optional(SUCCESS_RATE),
  failurePercentage: Type.Optional(FAILURE_PERCENTAGE),
};

const ANY_KNOB = Object.keys(KNOBS)
  .map((name) => `has(self.${name})`)
  .join(' || ');

export const OUTLIER_DETECTION = Type.Object(
  {
    mode: Type.Optional(
      oneOf(
        ['enforce', 'shadow', 'disabled'],
        'shadow = whoever would be out is counted and told, and gets requests as ever; disabled = nobody is looked at. Default enforce.',
      ),
    ),
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
