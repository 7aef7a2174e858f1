// Makes sure that the ports that workers share are this sidecar's: else any program of the same user could share them too, unnoticed.
import { createServer, type Server } from 'node:net';
import type { Cancel, Clock } from '../base/clock.ts';
import { codeOf, messageOf } from '../base/coded-error.ts';
import type { Log } from '../base/log.ts';
import type { ListenerSpec, SocketAddressSpec } from '../model/listener-spec.ts';
import { renderSocketAddress } from '../model/socket-address.ts';

export interface PortClaimsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** How long after a failed try the next is made, ms. */
  readonly rebindMs: number;
}

interface Claim {
  /** As configured: the port may be 0. */
  spec: ListenerSpec;
  /** Ours, by the address as configured; null while it is being found out. */
  granted: ReadonlyMap<string, SocketAddressSpec> | null;
  /** What the workers listen on meanwhile, alike. */
  readonly held: ReadonlyMap<string, SocketAddressSpec>;
  problem: string;
  cancel: Cancel;
}

/** Ports that are ours, and what keeps those that the system chose until somebody listens on them. */
export interface Grant {
  readonly spec: ListenerSpec;
  /** To be called when the workers listen. */
  release(): void;
}

export class PortClaims {
  readonly #options: PortClaimsOptions;
  /** By name of the listener. */
  readonly #claims = new Map<string, Claim>();
  #turn: Promise<void> = Promise.resolve();

  constructor(options: PortClaimsOptions) {
    this.#options = options;
  }

  /** Why listeners wait, for people. */
  get problems(): readonly string[] {
    return [...this.#claims.values()].flatMap(({ spec, granted, problem }) => {
      if (granted !== null) return [];
      return [problem || `the addresses of listener "${spec.name}"`];
    });
  }

  /** The listener with the ports that it has, or null: `claim` them first. */
  known(spec: ListenerSpec): ListenerSpec | null {
    const claim = this.#claims.get(spec.name);
    if (claim === undefined || claim.granted === null || addressKeys(spec) !== addressKeys(claim.spec)) return null;
    claim.spec = spec;
    return withAddresses(spec, claim.granted);
  }

  /**
   * Calls `granted` when all ports of `spec` are free, which may be after many tries; never once the listener has another configuration or is
   * gone. Resolves after the first try: the workers are told then or wait.
   */
  async claim(spec: ListenerSpec, granted: (grant: Grant) => void): Promise<void> {
    const before = this.#claims.get(spec.name);
    before?.cancel();
    const held = before?.granted ?? before?.held ?? new Map();
    const claim: Claim = { spec, granted: null, held, problem: '', cancel: () => {} };
    this.#claims.set(spec.name, claim);
    // One after the other: a second try on a port would meet the first.
    this.#turn = this.#turn.then(() => this.#try(claim, granted));
    await this.#turn;
  }

  release(listener: string): void {
    this.#claims.get(listener)?.cancel();
    this.#claims.delete(listener);
  }

  close(): void {
    for (const name of [...this.#claims.keys()]) this.release(name);
  }

  async #try(claim: Claim, granted: (grant: Grant) => void): Promise<void> {
    const { clock, log, rebindMs } = this.#options;
    const places = new Map<string, SocketAddressSpec>();
    const holders: Server[] = [];
    const release = (): void => {
      for (const holder of holders) holder.close();
    };
    try {
      for (const address of addressesOf(claim.spec)) {
        const key = renderSocketAddress(address);
        const own = claim.held.get(key);
        const holder = own === undefined ? await hold(address) : null;
        if (holder !== null) holders.push(holder.server);
        places.set(key, own ?? holder?.address ?? address);
      }
    } catch (error) {
      release();
      const problem = problemOf(error);
      if (problem !== claim.problem) {
        log.error(`${problem}; it is tried again every ${rebindMs} ms`, { listener: claim.spec.name });
      }
      claim.problem = problem;
      const isWanted = this.#claims.get(claim.spec.name) === claim;
      if (isWanted)
        claim.cancel = clock.after(rebindMs, () => {
          this.#turn = this.#turn.then(() => this.#try(claim, granted));
        });
      return;
    }
    if (this.#claims.get(claim.spec.name) !== claim) {
      release();
      return;
    }
    claim.granted = places;
    claim.problem = '';
    granted({ spec: withAddresses(claim.spec, places), release });
  }
}

interface Held {
  readonly address: SocketAddressSpec;
  readonly server: Server;
}

/**
 * A named port is bound once without sharing it, which fails where anybody else has it. One that the system chooses is kept until the workers
 * listen. Node.js cannot bind without listening: who connects in that moment is refused, as before it.
 */
async function hold(address: SocketAddressSpec): Promise<Held | null> {
  const server = createServer((socket) => socket.resetAndDestroy());
  const { host, port } = address;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(Object.assign(error, { address })));
    server.listen({ host, port, reusePort: port === 0 }, resolve);
  });
  if (port !== 0) {
    await new Promise((resolve) => server.close(resolve));
    return null;
  }
  const bound = server.address();
  return { server, address: { host, port: bound !== null && typeof bound === 'object' ? bound.port : 0 } };
}

function problemOf(error: unknown): string {
  const address = typeof error === 'object' && error !== null && 'address' in error ? error.address : null;
  const where = isAddress(address) ? renderSocketAddress(address) : 'an address';
  return codeOf(error) === 'EADDRINUSE'
    ? `${where} is taken by another program; find it with "ss -ltnp" and stop it, or give this listener another address`
    : `${where} cannot be bound: ${messageOf(error)}`;
}

function isAddress(value: unknown): value is SocketAddressSpec {
  return typeof value === 'object' && value !== null && 'host' in value && 'port' in value;
}

/** None where others hand connections over. */
function addressesOf({ address, additionalAddresses, bindToPort }: ListenerSpec): readonly SocketAddressSpec[] {
  return bindToPort === false ? [] : [address, ...additionalAddresses];
}

function addressKeys(spec: ListenerSpec): string {
  return addressesOf(spec).map(renderSocketAddress).join(' ');
}

function withAddresses(spec: ListenerSpec, places: ReadonlyMap<string, SocketAddressSpec>): ListenerSpec {
  const placed = (address: SocketAddressSpec): SocketAddressSpec => places.get(renderSocketAddress(address)) ?? address;
  return { ...spec, address: placed(spec.address), additionalAddresses: spec.additionalAddresses.map(placed) };
}
