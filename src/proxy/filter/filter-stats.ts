// What the filters of one HTTP connection manager count, under Envoy's names.
import type { StatSink } from '../../telemetry/stats.ts';

export class FaultStats {
  delaysInjected = 0;
  abortsInjected = 0;
  overflows = 0;
  /** Requests that have a fault at the moment. */
  active = 0;

  collect(prefix: string, sink: StatSink): void {
    sink.counter('http', prefix, 'fault.delays_injected', this.delaysInjected);
    sink.counter('http', prefix, 'fault.aborts_injected', this.abortsInjected);
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

/** They outlast changes of the chain. Each filter that is there counts into those of its kind. */
export class FilterStats {
  #fault: FaultStats | null = null;
  #cors: CorsStats | null = null;

  get fault(): FaultStats {
    this.#fault ??= new FaultStats();
    return this.#fault;
  }

  get cors(): CorsStats {
    this.#cors ??= new CorsStats();
    return this.#cors;
  }

  collect(prefix: string, sink: StatSink): void {
    this.#fault?.collect(prefix, sink);
    this.#cors?.collect(prefix, sink);
  }
}
