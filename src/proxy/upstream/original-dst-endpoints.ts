// The endpoints of a cluster that goes where redirected connections were going: made when they are asked for, let go when nobody uses them.
import { type TimerOwner, type TimerWheel, WheelTimer } from '../../base/timer-wheel.ts';
import type { LocalityEndpointsSpec } from '../../model/endpoint-spec.ts';
import type { SocketAddressSpec } from '../../model/listener-spec.ts';
import { Endpoint, endpointAddress } from '../endpoint/endpoint.ts';

/** Envoy's default of Cluster.cleanup_interval. */
const CLEANUP_MS = 5_000;
/** A caller that dials every address there is must not fill the memory. */
const MAX_ENDPOINTS = 10_000;

const GROUP: LocalityEndpointsSpec = {
  locality: { region: '', zone: '', subZone: '' },
  priority: 0,
  weight: 1,
  endpoints: [],
};

export class OriginalDstEndpoints implements TimerOwner {
  readonly #wheel: TimerWheel;
  readonly #timer: WheelTimer;
  readonly #onRemoved: (endpoint: Endpoint) => void;
  readonly #byAddress = new Map<string, Endpoint>();

  constructor(wheel: TimerWheel, onRemoved: (endpoint: Endpoint) => void) {
    this.#wheel = wheel;
    this.#timer = new WheelTimer(this);
    this.#onRemoved = onRemoved;
  }

  get all(): Iterable<Endpoint> {
    return this.#byAddress.values();
  }

  get size(): number {
    return this.#byAddress.size;
  }

  /** `null` = the connection was not redirected, or there are too many already. The caller dials before it gives way to others. */
  at(destination: SocketAddressSpec | null): Endpoint | null {
    if (destination === null) return null;
    const address = endpointAddress(destination);
    const known = this.#byAddress.get(address);
    if (known !== undefined) return known;
    if (this.#byAddress.size >= MAX_ENDPOINTS) return null;
    const { host, port } = destination;
    const endpoint = new Endpoint({ host, port, health: 'healthy', weight: 1 }, GROUP);
    this.#byAddress.set(address, endpoint);
    if (!this.#timer.isSet) this.#wheel.set(this.#timer, CLEANUP_MS);
    return endpoint;
  }

  stop(): void {
    this.#wheel.cancel(this.#timer);
  }

  onTimer(): void {
    for (const [address, endpoint] of this.#byAddress) {
      if (endpoint.connectionsActive > 0 || endpoint.activeRequests > 0) continue;
      this.#byAddress.delete(address);
      this.#onRemoved(endpoint);
    }
    if (this.#byAddress.size > 0) this.#wheel.set(this.#timer, CLEANUP_MS);
  }
}
