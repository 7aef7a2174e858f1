// A request's session by the address of its endpoint, as Envoy keeps it: for whoever configures this sidecar as he would an Envoy.
// Source: envoy.extensions.filters.http.stateful_session.v3 and envoy.extensions.http.stateful_session, cookie and header.
import { DEFAULT_SESSION_HEALTHS } from '../../model/cluster-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import type { Endpoint } from '../endpoint/endpoint.ts';
import type { PickContext } from '../lb/load-balancer.ts';
import type { Destination, WeightedDestinations } from '../route/destination.ts';
import type { FieldChanges, FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';
import {
  type AddressToken,
  parseAddressCookie,
  parseAddressHeader,
  renderAddressCookie,
  renderAddressHeader,
} from '../session/address-token.ts';
import type { SessionPolicy } from '../session/session-policy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { SessionCall } from './session-call.ts';

export class AddressSession implements SessionCall, FieldEdit {
  readonly policy: SessionPolicy;
  readonly #nowMs: number;
  /** '' = the client names none, or its time is over. */
  readonly #address: string;
  readonly #expired: boolean;
  #cluster: Cluster | null = null;
  #isRetry = false;
  #routeChanges: FieldChanges | null = null;
  /** What the client shall say from now on; '' = as it did. */
  #newText = '';
  refusal = '';

  constructor(policy: SessionPolicy, head: RequestHead, wallNowMs: number) {
    this.policy = policy;
    this.#nowMs = wallNowMs;
    const token = this.#parse(policy.carrier.read(head) ?? '');
    this.#expired = token !== null && token.endsAtS !== 0 && wallNowMs > token.endsAtS * 1_000;
    this.#address = token === null || this.#expired ? '' : token.address;
  }

  destinationIn(_weighted: WeightedDestinations): Destination | null {
    return null;
  }

  /** The address goes before the load balancer, once: a retry goes where that says. */
  pick(cluster: Cluster, context: PickContext): Endpoint | null {
    if (this.#cluster === null && this.#expired) cluster.sessions.stats.expired += 1;
    this.#cluster = cluster;
    if (this.#address === '' || this.#isRetry) return cluster.pick(context);
    this.#isRetry = true;
    const endpoint = cluster.sessions.at(this.#address);
    if (endpoint !== null && mayKeep(endpoint, cluster)) return endpoint;
    if (this.policy.spec.onLoss !== 'fail') return cluster.pick(context);
    cluster.sessions.stats.lost += 1;
    this.refusal = `its endpoint is not in ${cluster.name}, or takes no requests`;
    return null;
  }

  excludes(): boolean {
    return false;
  }

  answerChanges(route: FieldChanges | null): FieldEdit | null {
    if (this.#newText === '') return route;
    this.#routeChanges = route;
    return this;
  }

  onAnswer(endpoint: Endpoint): void {
    const { stats } = (this.#cluster as Cluster).sessions;
    const { address } = endpoint;
    if (address === this.#address) stats.kept += 1;
    else {
      if (this.#address === '') stats.begun += 1;
      else stats.moved += 1;
      this.#newText = this.#render(address);
    }
  }

  apply(fields: FieldList): void {
    this.#routeChanges?.apply(fields);
    this.policy.carrier.write(fields, this.#newText, 0);
  }

  #parse(text: string): AddressToken | null {
    return this.policy.spec.carrier.kind === 'cookie' ? parseAddressCookie(text) : parseAddressHeader(text);
  }

  #render(address: string): string {
    const { carrier, lifetimeMs } = this.policy.spec;
    if (carrier.kind === 'header') return renderAddressHeader(address);
    const endsAtS = lifetimeMs === 0 ? 0 : Math.floor((this.#nowMs + lifetimeMs) / 1_000);
    return renderAddressCookie({ address, endsAtS });
  }
}

/** Source: common_lb_config.override_host_status. */
function mayKeep({ health }: Endpoint, { spec }: Cluster): boolean {
  return (spec.sessionHealths ?? DEFAULT_SESSION_HEALTHS).includes(health);
}
