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

/** They outlast changes of the chain. Each filter that is there counts into those of its kind. */
export class FilterStats {
  #fault: FaultStats | null = null;

  get fault(): FaultStats {
    this.#fault ??= new FaultStats();
    return this.#fault;
  }

  collect(prefix: string, sink: StatSink): void {
    this.#fault?.collect(prefix, sink);
  }
}
