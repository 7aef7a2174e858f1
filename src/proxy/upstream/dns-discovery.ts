// The endpoints of a DNS cluster: its names, looked up for as long as the cluster lives, as load assignments.
import { isIP } from 'node:net';
import type { DnsDiscoverySpec } from '../../model/cluster-spec.ts';
import type { EndpointSpec, LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import { type DnsOptions, DnsWatch } from './dns-watch.ts';

export class DnsDiscovery {
  readonly spec: DnsDiscoverySpec;
  readonly #watches = new Map<string, DnsWatch>();
  readonly #onAssignment: (assignment: LoadAssignmentSpec) => void;
  readonly #onFailure: () => void;
  /** What was told last, as text. */
  #told = '';

  /**
   * `onAssignment` is called when every name has been looked up once, and then with each change of the addresses. `onFailure`: one look-up
   * failed. Neither is called before `start` has returned, nor after `stop`; names are the only hosts that are looked up.
   */
  constructor(
    spec: DnsDiscoverySpec,
    options: DnsOptions,
    onAssignment: (assignment: LoadAssignmentSpec) => void,
    onFailure: () => void,
  ) {
    this.spec = spec;
    this.#onAssignment = onAssignment;
    this.#onFailure = onFailure;
    for (const { endpoints } of spec.targets.localities) {
      for (const { host } of endpoints) {
        if (isIP(host) !== 0 || this.#watches.has(host)) continue;
        const watch: DnsWatch = new DnsWatch(host, spec, options, () => this.#onResult(watch));
        this.#watches.set(host, watch);
      }
    }
  }

  /** Addresses alone need no look-up: then the assignment comes at once. */
  start(): void {
    for (const watch of this.#watches.values()) watch.start();
    if (this.#watches.size === 0) this.#tell();
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.stop();
  }

  /** Which names could not be looked up the last time, for people; '' = all could. */
  get problem(): string {
    return [...this.#watches.values()].flatMap(({ problem }) => (problem === '' ? [] : [problem])).join(', ');
  }

  #onResult(watch: DnsWatch): void {
    if (watch.problem !== '') this.#onFailure();
    if ([...this.#watches.values()].every(({ answered }) => answered)) this.#tell();
  }

  #tell(): void {
    const { name, localities } = this.spec.targets;
    const assignment: LoadAssignmentSpec = {
      name,
      localities: localities.map((group) => ({
        ...group,
        endpoints: group.endpoints.flatMap((target) => this.#endpointsOf(target)),
      })),
    };
    const text = JSON.stringify(assignment);
    if (text === this.#told) return;
    this.#told = text;
    this.#onAssignment(assignment);
  }

  #endpointsOf(target: EndpointSpec): readonly EndpointSpec[] {
    const addresses = this.#watches.get(target.host)?.addresses ?? [target.host];
    if (this.spec.kind === 'strict-dns') {
      // Servers turn the order of their answers; the set is what counts.
      return addresses.toSorted().map((host) => ({ ...target, host }));
    }
    const logicalName = `${target.host}:${target.port}`;
    return addresses.slice(0, 1).map((host) => ({ ...target, host, logicalName }));
  }
}
