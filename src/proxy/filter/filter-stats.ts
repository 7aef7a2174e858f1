// What the filters of one HTTP connection manager count, under Envoy's names.
import type { StatSink } from '../../telemetry/stats.ts';
import type { GradientController } from './gradient-controller.ts';

export class FaultStats {
  delaysInjected = 0;
  abortsInjected = 0;
  pacesInjected = 0;
  overflows = 0;
  /** Requests that have a fault at the moment. */
  active = 0;

  collect(prefix: string, sink: StatSink): void {
    sink.counter('http', prefix, 'fault.delays_injected', this.delaysInjected);
    sink.counter('http', prefix, 'fault.aborts_injected', this.abortsInjected);
    sink.counter('http', prefix, 'fault.response_rl_injected', this.pacesInjected);
    sink.counter('http', prefix, 'fault.faults_overflow', this.overflows);
    sink.gauge('http', prefix, 'fault.active_faults', this.active);
  }
}

export class CorsStats {
  originsValid = 0;
  originsInvalid = 0;

  collect(prefix: string, sink: StatSink): void {
    sink.counter('http', prefix, 'cors.origin_valid', this.originsValid);
    sink.counter('http', prefix, 'cors.origin_invalid', this.originsInvalid);
  }
}

/** Of all rate limits with one prefix. */
export class RateLimitStats {
  enabled = 0;
  ok = 0;
  rateLimited = 0;
  enforced = 0;

  collect(prefix: string, sink: StatSink): void {
    sink.counter('http_local_rate_limit', prefix, 'enabled', this.enabled);
    sink.counter('http_local_rate_limit', prefix, 'ok', this.ok);
    sink.counter('http_local_rate_limit', prefix, 'rate_limited', this.rateLimited);
    sink.counter('http_local_rate_limit', prefix, 'enforced', this.enforced);
  }
}

export class AdaptiveStats {
  blocked = 0;
  /** Of the listener; null = only routes have some. */
  controller: GradientController | null = null;

  collect(prefix: string, sink: StatSink): void {
    const at = (name: string): string => `adaptive_concurrency.gradient_controller.${name}`;
    sink.counter('http', prefix, at('rq_blocked'), this.blocked);
    if (this.controller === null) return;
    const { limit, gradient, burst, minRttMs, sampleRttMs, measuring } = this.controller;
    sink.gauge('http', prefix, at('concurrency_limit'), limit);
    sink.gauge('http', prefix, at('gradient'), gradient);
    sink.gauge('http', prefix, at('burst_queue_size'), burst);
    sink.gauge('http', prefix, at('min_rtt_msecs'), minRttMs);
    sink.gauge('http', prefix, at('sample_rtt_msecs'), sampleRttMs);
    sink.gauge('http', prefix, at('min_rtt_calculation_active'), measuring ? 1 : 0);
  }
}

/** They outlast changes of the chain. Each filter that is there counts into those of its kind. */
export class FilterStats {
  #fault: FaultStats | null = null;
  #cors: CorsStats | null = null;
  #adaptive: AdaptiveStats | null = null;

  get fault(): FaultStats {
    this.#fault ??= new FaultStats();
    return this.#fault;
  }

  get cors(): CorsStats {
    this.#cors ??= new CorsStats();
    return this.#cors;
  }

  get adaptive(): AdaptiveStats {
    this.#adaptive ??= new AdaptiveStats();
    return this.#adaptive;
  }

  collect(prefix: string, sink: StatSink): void {
    this.#adaptive?.collect(prefix, sink);
    this.#fault?.collect(prefix, sink);
    this.#cors?.collect(prefix, sink);
  }
}
