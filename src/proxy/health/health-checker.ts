// Asks the endpoints of one cluster whether they can serve, and tells when the answer is another than before.
import type { Random } from '../../base/random.ts';
import type { TimerWheel } from '../../base/timer-wheel.ts';
import type { HealthCheckSpec } from '../../model/health-check-spec.ts';
import type { StatSink } from '../../telemetry/stats.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import { CheckSession, type CheckSessionOwner } from './check-session.ts';
import type { CheckTransition } from './check-state.ts';
import type { CheckAnswer, CreateProbe, ProbeContext, ProbeDial } from './probe.ts';

export interface HealthEvent {
  readonly endpoint: Endpoint;
  /** `failed`, `passed`: nothing has changed by it, and the configuration wants it told all the same. */
  readonly change: 'unhealthy' | 'healthy' | 'degraded' | 'failed' | 'passed';
  /** For people; '' = nothing was wrong. */
  readonly detail: string;
}

export interface HealthCheckerOptions {
  readonly wheel: TimerWheel;
  readonly random: Random;
  readonly createProbe: CreateProbe;
  readonly dial: ProbeDial;
  readonly secure: ProbeContext['secure'];
  /** What endpoints are called where nobody says otherwise. */
  readonly authority: string;
  readonly isCalled: () => boolean;
  /** Who takes requests is somebody else now. */
  readonly onChange: () => void;
  /** An endpoint has passed a check. */
  readonly onPassed: (endpoint: Endpoint) => void;
  /** Every endpoint has answered, or has not in time. Called once. */
  readonly onFirstRound: () => void;
  readonly onEvent: (event: HealthEvent) => void;
}

/** Not looked at yet: nobody knows of it whether it serves. */
const UNCHECKED = 'it has not been checked yet';

export class HealthChecker implements CheckSessionOwner {
  readonly spec: HealthCheckSpec;
  readonly #options: HealthCheckerOptions;
  readonly #sessions = new Map<Endpoint, CheckSession>();
  #attempts = 0;
  #successes = 0;
  #failures = 0;
  #networkFailures = 0;
  /** Until then nobody is taken out: the first answers would leave the others without requests. */
  #firstRoundOver = false;
  #follows = false;

  constructor(spec: HealthCheckSpec, options: HealthCheckerOptions) {
    this.spec = spec;
    this.#options = options;
  }

  get wheel(): TimerWheel {
    return this.#options.wheel;
  }

  get random(): Random {
    return this.#options.random;
  }

  get authority(): string {
    return this.#options.authority;
  }

  get isCalled(): boolean {
    return this.#options.isCalled();
  }

  get firstRoundOver(): boolean {
    return this.#firstRoundOver;
  }

  /** These are all there are. Whoever is new is not used before it has answered, once the first ones have. */
  follow(endpoints: Iterable<Endpoint>): void {
    this.#follows = true;
    const present = new Set(endpoints);
    for (const [endpoint, session] of this.#sessions) {
      if (!present.has(endpoint) || endpoint.spec.check?.disabled === true) this.#forget(endpoint, session);
    }
    const added: CheckSession[] = [];
    for (const endpoint of present) {
      if (this.#sessions.has(endpoint) || endpoint.spec.check?.disabled === true) continue;
      added.push(this.#add(endpoint));
    }
    for (const session of added) session.start();
    this.#lookForFirstRound();
  }

  /** It has passed its checks: no longer being told of is no reason to stop using it. */
  keeps(endpoint: Endpoint): boolean {
    return this.#sessions.get(endpoint)?.state.healthy === true;
  }

  /** Nobody is asked any more, and nobody is out. */
  close(): void {
    for (const [endpoint, session] of this.#sessions) this.#forget(endpoint, session);
  }

  onAttempt(): void {
    this.#attempts += 1;
  }

  onAnswer(session: CheckSession, answer: CheckAnswer, transition: CheckTransition, wasDegraded: boolean): void {
    const { endpoint, record } = session;
    this.#count(answer);
    this.#tell(session, answer, transition, wasDegraded);
    if (answer.outcome === 'passed') this.#options.onPassed(endpoint);
    if (!this.#firstRoundOver) this.#lookForFirstRound();
    else if (transition === 'changed' || record.degraded !== wasDegraded) this.#options.onChange();
  }

  /** Source of the names: Envoy's health check statistics. */
  collect(cluster: string, sink: StatSink): void {
    const count = (name: string, value: number): void =>
      sink.counter('cluster', cluster, `health_check.${name}`, value);
    count('attempt', this.#attempts);
    count('success', this.#successes);
    count('failure', this.#failures);
    count('network_failure', this.#networkFailures);
    let healthy = 0;
    let degraded = 0;
    for (const { state, record } of this.#sessions.values()) {
      if (state.healthy) healthy += 1;
      if (state.healthy && record.degraded) degraded += 1;
    }
    sink.gauge('cluster', cluster, 'health_check.healthy', healthy);
    sink.gauge('cluster', cluster, 'health_check.degraded', degraded);
  }

  #add(endpoint: Endpoint): CheckSession {
    const { createProbe, dial, secure } = this.#options;
    const keepsConnection = this.spec.closesConnections !== true;
    const probe = createProbe(this.spec.check, { dial, secure, keepsConnection });
    const session = new CheckSession(this, endpoint, probe);
    this.#sessions.set(endpoint, session);
    if (this.#firstRoundOver) {
      session.record.failing = true;
      session.record.detail = UNCHECKED;
      endpoint.check = session.record;
    }
    return session;
  }

  #forget(endpoint: Endpoint, session: CheckSession): void {
    this.#sessions.delete(endpoint);
    session.stop();
    endpoint.check = null;
  }

  #lookForFirstRound(): void {
    if (this.#firstRoundOver || !this.#follows) return;
    for (const { state } of this.#sessions.values()) if (!state.checked) return;
    this.#firstRoundOver = true;
    for (const [endpoint, { record }] of this.#sessions) endpoint.check = record;
    this.#options.onFirstRound();
  }

  #count({ outcome }: CheckAnswer): void {
    if (outcome === 'passed') this.#successes += 1;
    else this.#failures += 1;
    if (outcome === 'unreachable') this.#networkFailures += 1;
  }

  #tell(session: CheckSession, answer: CheckAnswer, transition: CheckTransition, wasDegraded: boolean): void {
    const { endpoint, state, record } = session;
    const { onEvent } = this.#options;
    const { outcome, detail } = answer;
    if (transition === 'changed') onEvent({ endpoint, change: state.healthy ? 'healthy' : 'unhealthy', detail });
    else if (outcome === 'passed' && record.degraded && !wasDegraded) onEvent({ endpoint, change: 'degraded', detail });
    else if (outcome === 'passed' && this.spec.logsSuccesses === true) onEvent({ endpoint, change: 'passed', detail });
    else if (outcome !== 'passed' && this.spec.logsFailures === true) onEvent({ endpoint, change: 'failed', detail });
  }
}
