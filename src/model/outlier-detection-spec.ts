// When an endpoint is taken out because of what it answers, and for how long.

/** How an endpoint was found to be worse than it should be. Names of Envoy's statistics, with hyphens; those `…-than-peers` are ours. */
export const EJECTION_REASONS = [
  'consecutive-5xx',
  'consecutive-gateway-failure',
  'consecutive-local-origin-failure',
  'success-rate',
  'local-origin-success-rate',
  'failure-percentage',
  'local-origin-failure-percentage',
  'worse-than-peers',
  'slower-than-peers',
] as const;
export type EjectionReason = (typeof EJECTION_REASONS)[number];

/** Source: envoy.config.cluster.v3.OutlierDetection; the defaults are its own. */
export interface OutlierDetectionSpec extends OutlierExtrasSpec {
  /** So many answers from 500 on in a row (0 = does not count). */
  readonly consecutive5xx: number;
  /** So many of 502, 503 and 504 in a row (0 = does not count). */
  readonly consecutiveGatewayFailure: number;
  /** So many connections that failed, were reset or timed out in a row, where these are told apart (0 = does not count). */
  readonly consecutiveLocalOriginFailure: number;
  /** What never became an answer is counted apart; else it counts as 503, or 504 where it took too long. */
  readonly splitLocalOrigin: boolean;
  /** Between two looks at success rates, and at who may come back, ms (> 0). */
  readonly intervalMs: number;
  /** Of a first ejection; a second one in a row lasts twice as long, and so on, ms (> 0). */
  readonly baseEjectionMs: number;
  /** However often it was ejected, ms; at least `baseEjectionMs`. */
  readonly maxEjectionMs: number;
  /** Added by chance, so that not all come back at once: drawn from [0, this], ms. */
  readonly maxEjectionJitterMs: number;
  /** Of the endpoints of a cluster that may be out at one time, 0–100. */
  readonly maxEjectionPercent: number;
  /** An endpoint that passes an active health check stays out for its time. Source: successful_active_health_check_uneject_host. */
  readonly ignoresChecks?: true;
  /** One may be out even where that is more than `maxEjectionPercent`. */
  readonly alwaysEjectOne: boolean;
  /** An endpoint is out of the ordinary whose success rate is below mean − `stdevFactor` × standard deviation. */
  readonly successRate: {
    /** With enough requests to be compared; below, nobody is. */
    readonly minimumHosts: number;
    /** Of one endpoint in one interval. */
    readonly requestVolume: number;
    /** ≥ 0. */
    readonly stdevFactor: number;
  };
  readonly failurePercentage: {
    /** 0–100: this many failures of a hundred requests are too many. */
    readonly threshold: number;
    readonly minimumHosts: number;
    readonly requestVolume: number;
  };
  /** The odds that a finding counts, 0–100; 0 = it is counted and told, and nobody is ejected. */
  readonly enforcing: Readonly<Record<EjectionReason, number>>;
}

/** What the public API has no fields for. As it is by default it changes nothing. Source: Cluster metadata `switchboard.dev`, `outlier_detection`. */
export interface OutlierExtrasSpec {
  /** Nobody is ejected where fewer would be left that take requests, ≥ 1. */
  readonly minHealthyHosts: number;
  /** Whoever would be out is counted and told as if it were, and gets requests as ever. */
  readonly shadow: boolean;
  /** After an ejection an endpoint gets its share little by little, for so long, ms; 0 = at once. */
  readonly returnWindowMs: number;
  readonly worseThanPeers: {
    /** An endpoint that fails so many percentage points (1–100) more often than the others together is found soonest; 0 = it is not compared. */
    readonly gapPercent: number;
  };
  readonly slowerThanPeers: {
    /** So many times (> 1) what the others take in the middle; 0 = it is not measured. */
    readonly factor: number;
    /** And at least so much longer, ms. */
    readonly excessMs: number;
    /** With enough requests to be compared; below, nobody is. */
    readonly minimumHosts: number;
    /** Of one endpoint in one interval. */
    readonly requestVolume: number;
  };
  readonly callers: {
    /** Of requests, in lower case: whose value tells callers apart; '' = nothing does. */
    readonly header: string;
    /** So many different ones must have seen an endpoint fail, 1–64. */
    readonly minimum: number;
  };
}

export const DEFAULT_OUTLIER_EXTRAS: OutlierExtrasSpec = {
  minHealthyHosts: 1,
  shadow: false,
  returnWindowMs: 0,
  worseThanPeers: { gapPercent: 0 },
  slowerThanPeers: { factor: 0, excessMs: 20, minimumHosts: 3, requestVolume: 30 },
  callers: { header: '', minimum: 2 },
};

export const DEFAULT_OUTLIER_DETECTION: OutlierDetectionSpec = {
  ...DEFAULT_OUTLIER_EXTRAS,
  consecutive5xx: 5,
  consecutiveGatewayFailure: 5,
  consecutiveLocalOriginFailure: 5,
  splitLocalOrigin: false,
  intervalMs: 10_000,
  baseEjectionMs: 30_000,
  maxEjectionMs: 300_000,
  maxEjectionJitterMs: 0,
  maxEjectionPercent: 10,
  alwaysEjectOne: false,
  successRate: { minimumHosts: 5, requestVolume: 100, stdevFactor: 1.9 },
  failurePercentage: { threshold: 85, minimumHosts: 5, requestVolume: 50 },
  enforcing: {
    'consecutive-5xx': 100,
    'consecutive-gateway-failure': 0,
    'consecutive-local-origin-failure': 100,
    'success-rate': 100,
    'local-origin-success-rate': 100,
    'failure-percentage': 0,
    'local-origin-failure-percentage': 0,
    'worse-than-peers': 100,
    'slower-than-peers': 0,
  },
};
