// What a worker dials, told to the primary, which asks the control plane for all workers.
import type { Changes, ResourceChanges } from '../model/config-sink.ts';
import { outboundClusterName, portRouteName } from '../model/names.ts';
import type { ConfigDemand } from '../model/on-demand.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';
import { type Demand, type FromWorker, NO_TROUBLE, type Trouble } from './messages.ts';

interface Wanted {
  readonly port: ServicePortName;
  /** Of the demand, from 1; 0 = it was there from the beginning. */
  readonly number: number;
}

export class RemoteDemand implements ConfigDemand {
  #trouble: Trouble = NO_TROUBLE;
  readonly #send: (message: FromWorker) => void;
  /** By name of their routes. */
  readonly #wanted = new Map<string, Wanted>();
  #waiting: Demand[] = [];
  #last = 0;

  /** `dialled`: what the primary counts as wanted already. */
  constructor(dialled: readonly ServicePortName[], send: (message: FromWorker) => void) {
    this.#send = send;
    for (const port of dialled) this.#wanted.set(portRouteName(port.port, port.host), { port, number: 0 });
  }

  get problem(): string | null {
    return this.#trouble.problem;
  }

  get unreachable(): boolean {
    return this.#trouble.unreachable;
  }

  /** What the primary says of it. */
  takeTrouble(trouble: Trouble): void {
    this.#trouble = trouble;
  }

  subscribe(ports: readonly ServicePortName[]): void {
    for (const port of ports) {
      this.#note({ port, wanted: true });
      this.#wanted.set(portRouteName(port.port, port.host), { port, number: this.#last });
    }
  }

  unsubscribe(ports: readonly ServicePortName[]): void {
    for (const port of ports) {
      this.#note({ port, wanted: false });
      this.#wanted.delete(portRouteName(port.port, port.host));
    }
  }

  /**
   * `changes` without the removal of what was dialled again after the primary had decided on it (`seen`: demands that it knew of): what
   * follows brings it anew.
   */
  withoutStale(changes: Changes, seen: number): Changes {
    const newer = [...this.#wanted.values()].filter(({ number }) => number > seen);
    if (newer.length === 0) return changes;
    const routes = new Set(newer.map(({ port: { host, port } }) => portRouteName(port, host)));
    const clusters = new Set(newer.map(({ port: { host, port } }) => outboundClusterName(port, host)));
    return {
      ...changes,
      ...(changes.clusters === undefined ? {} : { clusters: keep(changes.clusters, clusters) }),
      ...(changes.endpoints === undefined ? {} : { endpoints: keep(changes.endpoints, clusters) }),
      ...(changes.routes === undefined ? {} : { routes: keep(changes.routes, routes) }),
    };
  }

  /** Those of one turn go in one message. */
  #note(demand: Demand): void {
    this.#last += 1;
    if (this.#waiting.push(demand) > 1) return;
    queueMicrotask(() => {
      const demands = this.#waiting;
      this.#waiting = [];
      this.#send({ kind: 'demand', demands, last: this.#last });
    });
  }
}

function keep<Spec>({ upserted, removed }: ResourceChanges<Spec>, names: ReadonlySet<string>): ResourceChanges<Spec> {
  return { upserted, removed: removed.filter((name) => !names.has(name)) };
}
