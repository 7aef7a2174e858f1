// Which workers want which Service ports: each is asked for once, and let go of when no worker wants it.
import type { ResourceChanges } from '../model/config-sink.ts';
import { portRouteName } from '../model/names.ts';
import type { RouteConfigSpec } from '../model/route-spec.ts';
import type { ServicePortName } from '../model/service-name-spec.ts';

interface Entry {
  readonly port: ServicePortName;
  /** Indices of workers. */
  readonly by: Set<number>;
  /** The control plane has said that there are no such routes, and has not sent them since. */
  absent: boolean;
}

export class DemandLedger {
  /** By name of their routes. */
  readonly #entries = new Map<string, Entry>();

  /** How many ports are wanted by anybody. */
  get size(): number {
    return this.#entries.size;
  }

  /** True: it is the first that wants it. */
  want(worker: number, port: ServicePortName): boolean {
    const key = keyOf(port);
    const known = this.#entries.get(key);
    if (known === undefined) this.#entries.set(key, { port, by: new Set([worker]), absent: false });
    else known.by.add(worker);
    return known === undefined;
  }

  /** True: nobody wants it any more. */
  leave(worker: number, port: ServicePortName): boolean {
    const key = keyOf(port);
    const known = this.#entries.get(key);
    if (known === undefined || !known.by.delete(worker) || known.by.size > 0) return false;
    return this.#entries.delete(key);
  }

  /** Keeps in mind which of what is wanted does not exist. */
  note(routes: ResourceChanges<RouteConfigSpec>): void {
    for (const name of routes.removed) this.#mark(name, true);
    for (const { name } of routes.upserted) this.#mark(name, false);
  }

  isAbsent(port: ServicePortName): boolean {
    return this.#entries.get(keyOf(port))?.absent === true;
  }

  /** What `worker` wants. */
  of(worker: number): readonly ServicePortName[] {
    return [...this.#entries.values()].filter(({ by }) => by.has(worker)).map(({ port }) => port);
  }

  #mark(name: string, absent: boolean): void {
    const entry = this.#entries.get(name);
    if (entry !== undefined) entry.absent = absent;
  }
}

function keyOf({ host, port }: ServicePortName): string {
  return portRouteName(port, host);
}
