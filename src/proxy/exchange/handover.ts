// @hot
// What an exchange becomes that is none of HTTP messages: a tunnel, or the connection behind an upgrade.
import type { ErrorCode } from '../../model/errors.ts';
import type { DownstreamStream } from '../codec/downstream.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { UpstreamStream } from '../codec/upstream.ts';
import { chooseUpgrade } from '../route/choose-upgrade.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { RouteEntry } from '../route/route-entry.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { Tunnel, type TunnelOwner } from './tunnel.ts';
import { Upgrade, type UpgradeOwner } from './upgrade.ts';

export interface HandoverOwner extends TunnelOwner, UpgradeOwner {
  readonly stream: DownstreamStream;
  readonly record: TunnelOwner['record'] & UpgradeOwner['record'];
  finishTunnel(bytesReceived: number, bytesSent: number): void;
}

/** One object an exchange, for all of its requests. */
export class Handover {
  readonly #owner: HandoverOwner;
  readonly #context: ExchangeContext;
  #tunnel: Tunnel | null = null;
  #upgrade: Upgrade | null = null;

  constructor(owner: HandoverOwner, context: ExchangeContext) {
    this.#owner = owner;
    this.#context = context;
  }

  get isTunnel(): boolean {
    return this.#tunnel !== null;
  }

  /** Asked for, or under way; null = the request is none for another protocol. */
  get upgrade(): Upgrade | null {
    return this.#upgrade;
  }

  openTunnel(cluster: Cluster, authority: string, hashesClients: boolean): void {
    const target = { cluster, authority, redirected: false, idleTimeoutMs: 0, hashesClients }; // alloc-ok: once a tunnel
    this.#tunnel = new Tunnel(this.#owner, target, this.#context); // alloc-ok: once a tunnel
    this.#tunnel.start();
  }

  /** `false`: it may not upgrade, and the caller has been told. */
  admitUpgrade(entry: RouteEntry, head: RequestHead): boolean {
    const protocol = chooseUpgrade(head, entry.upgrades, this.#context.upgrades);
    if (protocol === null) this.#owner.rescue('upgrade_not_allowed', head.get('upgrade') ?? head.protocol);
    else if (protocol !== '') this.#upgrade = new Upgrade(this.#owner, head, protocol, this.#context); // alloc-ok: once an upgrade
    return protocol !== null;
  }

  /** The endpoint agrees; as Upgrade.open. */
  openUpgrade(
    upstream: UpstreamStream,
    answer: ResponseHead,
    changes: FieldEdit | null,
    idleTimeoutMs: number,
  ): string {
    return (this.#upgrade as Upgrade).open(upstream, answer, changes, idleTimeoutMs);
  }

  /** Why an answer cannot be told to a caller who asked for another protocol; '' = it can. */
  problemOfRefusal(status: number): string {
    return this.#upgrade === null ? '' : this.#upgrade.problemOfRefusal(status);
  }

  /** An upgrade that is under way fails. */
  endUpgrade(code: ErrorCode, detail: string): void {
    (this.#upgrade as Upgrade).end(code, detail);
  }

  /** The caller has gone. */
  closeTunnel(): void {
    this.#tunnel?.close();
  }

  /** The exchange is over. */
  end(): void {
    this.#tunnel = null;
    this.#upgrade = null;
  }
}
