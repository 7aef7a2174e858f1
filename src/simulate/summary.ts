// What came of a simulation, as data: what `-o json` prints, and what tables and plots are made of.
import type { Percentiles } from './percentiles.ts';
import type { SimulationOutcome } from './simulation.ts';

export interface SimulationSummary {
  /** The policy, as the user named it. */
  readonly policy: string;
  readonly requests: number;
  readonly errors: number;
  /** Of all requests, 0–100. */
  readonly errorPercent: number;
  readonly methods: readonly MethodSummary[];
  /** Why requests failed, and how many did; the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly requests: number }[];
  /** Requests that pods were sent. */
  readonly attempts: number;
  readonly attemptsPerRequest: number;
  /** In the worst sixtieth of the time. */
  readonly mostAttemptsPerRequest: number;
  readonly retries: number;
  readonly ejections: number;
  /** Ejected pods that were let back in. */
  readonly returns: number;
  readonly latencyMs: LatencySummary;
  /** Null: requests had nothing to do with each other. */
  readonly sessions: SessionSummary | null;
  readonly pods: readonly PodSummary[];
  readonly moments: readonly MomentSummary[];
}

export interface MethodSummary {
  readonly method: string;
  readonly requests: number;
  readonly errors: number;
  readonly errorPercent: number;
}

export interface LatencySummary {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

export interface SessionSummary {
  readonly count: number;
  /** That went to another pod than before, at least once. */
  readonly moved: number;
  readonly movedPercent: number;
  /** That did so more than once. */
  readonly movedAgain: number;
  /** That did so though their pod still served. */
  readonly movedNeedlessly: number;
  /** Requests that another pod answered though their session stayed (`x-switchboard-session: away`): of a pod that has ended unnoticed. */
  readonly answersAway: number;
}

export interface PodSummary {
  readonly name: string;
  readonly zone: string;
  readonly requests: number;
  /** Of all that pods were sent, 0–100. */
  readonly percent: number;
  readonly failures: number;
  /** As it went, by moment. */
  readonly received: readonly number[];
}

export interface MomentSummary {
  /** When it begins, ms. */
  readonly atMs: number;
  readonly requests: number;
  readonly errors: number;
  readonly attempts: number;
  readonly ejections: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function summarize(policy: string, outcome: SimulationOutcome): SimulationSummary {
  const { figures } = outcome;
  const { requests, errors, attempts, retries, ejections, returns } = figures;
  return {
    ...{ policy, requests, errors, errorPercent: percentOf(errors, requests) },
    methods: figures.methods.map((one) => ({ ...one, errorPercent: percentOf(one.errors, one.requests) })),
    reasons: reasonsOf(outcome),
    ...{ attempts, attemptsPerRequest: round(attempts / Math.max(1, requests), 1_000) },
    mostAttemptsPerRequest: mostAttempts(outcome),
    ...{ retries, ejections, returns },
    latencyMs: latencyOf(figures.latency),
    sessions: sessionsOf(outcome),
    pods: podsOf(outcome),
    moments: momentsOf(outcome),
  };
}

function reasonsOf({ figures }: SimulationOutcome): SimulationSummary['reasons'] {
  const counted = [...figures.reasons, ...(figures.unfinished > 0 ? [['no answer', figures.unfinished] as const] : [])];
  const reasons = counted.map(([reason, requests]) => ({ reason, requests }));
  return reasons.sort((left, right) => right.requests - left.requests);
}

function mostAttempts({ figures }: SimulationOutcome): number {
  const rates = figures.moments.map(({ attempts, requests }) => (requests === 0 ? 0 : attempts / requests));
  return round(Math.max(0, ...rates), 1_000);
}

function latencyOf(latency: Percentiles): LatencySummary {
  const at = (share: number): number => round(latency.at(share), 100);
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: round(latency.max, 100) };
}

function sessionsOf({ sessions }: SimulationOutcome): SessionSummary | null {
  const users = sessions.filter(({ anonymous }) => !anonymous);
  if (users.length === 0) return null;
  const moved = users.filter(({ moves }) => moves > 0).length;
  return {
    ...{ count: users.length, moved, movedPercent: percentOf(moved, users.length) },
    movedAgain: users.filter(({ moves }) => moves > 1).length,
    movedNeedlessly: users.filter(({ needlessMoves }) => needlessMoves > 0).length,
    answersAway: users.reduce((sum, { answersAway }) => sum + answersAway, 0),
  };
}

function podsOf({ fleet, figures }: SimulationOutcome): readonly PodSummary[] {
  return fleet.pods.map(({ place, requests, failures }) => ({
    ...{ name: place.name, zone: place.zone, requests, failures, percent: percentOf(requests, figures.attempts) },
    received: [...(figures.received[place.number] ?? figures.moments.map(() => 0))],
  }));
}

function momentsOf({ figures }: SimulationOutcome): readonly MomentSummary[] {
  return figures.moments.map(({ requests, errors, attempts, ejected, latency }, index) => ({
    ...{ atMs: Math.round(index * figures.momentMs), requests, errors, attempts, ejections: ejected },
    ...{ p50Ms: round(latency.at(0.5), 100), p99Ms: round(latency.at(0.99), 100) },
  }));
}

function percentOf(part: number, whole: number): number {
  return whole === 0 ? 0 : round((part / whole) * 100, 10_000);
}

/** To a whole number of `parts`. */
function round(value: number, parts: number): number {
  return Math.round(value * parts) / parts;
}
