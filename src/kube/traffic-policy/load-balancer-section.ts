// TrafficPolicy, section loadBalancer: which pod gets a request.
import { Type } from 'typebox';
import { decimal, duration, flag, integer, type Of, oneOf, percent, rules } from '../schema/schema.ts';

/** As the annotation `switchboard.dev/load-balancer` names them. */
export const LOAD_BALANCER_TYPES = [
  'round-robin',
  'least-request',
  'peak-ewma',
  'random',
  'ring-hash',
  'maglev',
] as const;

/** As Kubernetes names them, where a Service says it by fields of its own; `zone-aware` is Envoy's. */
export const LOCALITIES = ['any', 'prefer-same-zone', 'prefer-same-node', 'only-same-node', 'zone-aware'] as const;

const MAX_RING = 8_388_608;

/** Primes, so that each pod can take any place of the table in its turn. */
const TABLE_SIZES = [251, 509, 1_021, 2_039, 4_093, 8_191, 16_381, 32_749, 65_521, 65_537, 131_071, 524_287] as const;

const LEAST_REQUEST = Type.Object(
  {
    choiceCount: Type.Optional(integer('Pods that are drawn and compared for a request. Default 2.', 2, 100)),
    activeRequestBias: Type.Optional(
      decimal('How much requests in work count where pods have different weights; 0 = not at all. Default 1.', 0, 100),
    ),
    fullScan: Type.Optional(flag('All pods are compared. Default false.')),
  },
  { description: 'Options of least-request.' },
);

const RING_HASH = Type.Object(
  {
    minimumRingSize: Type.Optional(integer('Places on the ring, at least. Default 1024.', 1, MAX_RING)),
    maximumRingSize: Type.Optional(integer('Places on the ring, at most. Default 8388608.', 1, MAX_RING)),
    hashFunction: Type.Optional(oneOf(['xx-hash', 'murmur-hash-2'], 'How pods are placed. Default xx-hash.')),
  },
  {
    description: 'Options of ring-hash.',
    ...rules({
      rule: '!has(self.minimumRingSize) || !has(self.maximumRingSize) || self.minimumRingSize <= self.maximumRingSize',
      message: 'has a minimumRingSize above its maximumRingSize; make it the smaller one',
    }),
  },
);

const MAGLEV = Type.Object(
  {
    tableSize: Type.Optional(
      Type.Enum(TABLE_SIZES, {
        type: 'integer',
        description: 'Places in the table: a hundred for each pod keep the shares even to some percent. Default 65537.',
      }),
    ),
  },
  { description: 'Options of maglev.' },
);

const SLOW_START = Type.Object(
  {
    window: duration('How long a pod is new.', { max: '1h' }),
    aggression: Type.Optional(decimal('1 = its share grows evenly; more = quickly at first. Default 1.', 0.1, 10)),
    minimumWeightPercent: Type.Optional(percent('Of its share, what it gets from the beginning. Default 10.')),
  },
  { description: 'A pod that is new, or well again, gets its share bit by bit. Absent = at once.' },
);

const ZONE_AWARE = Type.Object(
  {
    percentage: Type.Optional(percent('Of the requests; the others go to any zone. Default 100.')),
    minimumHosts: Type.Optional(integer('With fewer pods that are well zones do not count. Default 6.', 0, 1_000_000)),
    failInPanic: Type.Optional(
      flag('Below the panicThreshold nobody gets requests, instead of all pods. Default false.'),
    ),
  },
  { description: 'Options of locality zone-aware.' },
);

const HASHING = "(self.type == 'ring-hash' || self.type == 'maglev')";

export const LOAD_BALANCER = Type.Object(
  {
    type: oneOf(LOAD_BALANCER_TYPES, 'The algorithm.'),
    leastRequest: Type.Optional(LEAST_REQUEST),
    ringHash: Type.Optional(RING_HASH),
    maglev: Type.Optional(MAGLEV),
    hashBalanceFactor: Type.Optional(
      integer(
        'Of ring-hash and maglev: no pod gets more than so many percent of the average of requests in work; the next one on the ring helps out. Absent = without bound.',
        100,
        100_000,
      ),
    ),
    slowStart: Type.Optional(SLOW_START),
    panicThreshold: Type.Optional(
      decimal('Percent of pods that must be well; below it all of them get requests. 0 = never. Default 50.', 0, 100),
    ),
    locality: Type.Optional(
      oneOf(
        LOCALITIES,
        "Pods near the caller first, or none but those of its node; zone-aware = in the caller's zone as far as all pods get the same. Absent = what the Service's own fields and topology hints say; any = these don't count.",
      ),
    ),
    zoneAware: Type.Optional(ZONE_AWARE),
  },
  {
    description: 'Which pod gets a request.',
    ...rules(
      {
        rule: "!has(self.leastRequest) || self.type == 'least-request'",
        message: 'has leastRequest, which its type does not use; write type: least-request, or remove it',
      },
      {
        rule: "!has(self.ringHash) || self.type == 'ring-hash'",
        message: 'has ringHash, which its type does not use; write type: ring-hash, or remove it',
      },
      {
        rule: "!has(self.maglev) || self.type == 'maglev'",
        message: 'has maglev, which its type does not use; write type: maglev, or remove it',
      },
      {
        rule: `!has(self.hashBalanceFactor) || ${HASHING}`,
        message: 'has a hashBalanceFactor, which its type does not use; write type: ring-hash or maglev, or remove it',
      },
      {
        rule: "!has(self.zoneAware) || (has(self.locality) && self.locality == 'zone-aware')",
        message: 'has zoneAware, which its locality does not use; write locality: zone-aware, or remove it',
      },
      {
        rule: `!has(self.locality) || self.locality != 'zone-aware' || !${HASHING}`,
        message:
          'is zone-aware, and its type sends equal requests to one pod in whatever zone; choose another type, or another locality',
      },
    ),
  },
);

export type LoadBalancerSection = Of<typeof LOAD_BALANCER>;
