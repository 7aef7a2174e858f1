// How one cluster comes to its endpoints, where nobody tells it: its configuration lists them, names are looked up, or callers bring them along.
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import type { LoadAssignmentSpec } from '../../model/endpoint-spec.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PoolOptions } from './connection-pool.ts';
import { DnsDiscovery } from './dns-discovery.ts';
import type { DnsOptions } from './dns-watch.ts';
import { OriginalDstEndpoints } from './original-dst-endpoints.ts';

/** The cluster, as its discovery sees it. */
export interface DiscoveryOwner {
  assign(assignment: LoadAssignmentSpec): void;
  /** A look-up has failed. */
  onDiscoveryFailed(): void;
  /** Its callers say where they go: there is nothing to wait for. */
  onOriginalDst(): void;
  onEndpointRemoved(endpoint: Endpoint): void;
}

export class ClusterDiscovery {
  readonly #owner: DiscoveryOwner;
  readonly #wheel: PoolOptions['wheel'];
  /** Null: clusters that look names up are refused. */
  readonly #dnsOptions: DnsOptions | null;
  #dns: DnsDiscovery | null = null;
  /** For a cluster that goes where its callers were going. */
  originalDst: OriginalDstEndpoints | null = null;

  constructor(owner: DiscoveryOwner, wheel: PoolOptions['wheel'], dns: DnsOptions | null) {
    this.#owner = owner;
    this.#wheel = wheel;
    this.#dnsOptions = dns;
  }

  /** Why it has found nobody, for people; '' = nothing stands in the way. */
  get problem(): string {
    return this.#dns?.problem ?? '';
  }

  /** What is being looked up already goes on. Throws where names are to be looked up and there is no resolver. */
  follow({ name, discovery }: ClusterSpec): void {
    if (this.#dns !== null && JSON.stringify(this.#dns.spec) === JSON.stringify(discovery)) return;
    this.stop();
    this.#dns = null;
    this.#useOriginalDst(discovery.kind === 'original-dst');
    if (discovery.kind === 'static') this.#owner.assign(discovery.assignment);
    if (discovery.kind !== 'strict-dns' && discovery.kind !== 'logical-dns') return;
    if (this.#dnsOptions === null) throw new Error(`cluster "${name}" looks names up, and there is no resolver`);
    this.#dns = new DnsDiscovery(
      discovery,
      this.#dnsOptions,
      (assignment) => this.#owner.assign(assignment),
      () => this.#owner.onDiscoveryFailed(),
    );
    this.#dns.start();
  }

  stop(): void {
    this.#dns?.stop();
    this.originalDst?.stop();
  }

  #useOriginalDst(wanted: boolean): void {
    if (!wanted) {
      this.originalDst = null;
      return;
    }
    this.originalDst ??= new OriginalDstEndpoints(this.#wheel, (endpoint) => this.#owner.onEndpointRemoved(endpoint));
    this.#owner.onOriginalDst();
  }
}
