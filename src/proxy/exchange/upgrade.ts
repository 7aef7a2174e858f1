// A request that asks for another protocol: what the endpoint is asked, whether its yes is one, and the bytes both ways from then on.
import { createHash } from 'node:crypto';
import type { Random } from '../../base/random.ts';
import type { ErrorCode } from '../../model/errors.ts';
import type { DownstreamStream } from '../codec/downstream.ts';
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import type { UpstreamStream } from '../codec/upstream.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import { FieldList } from '../route/field-list.ts';
import { noteRelayEnd, Relay, type RelayEnd, type RelayOwner } from '../tcp/relay.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { ExchangeRecord } from './exchange-record.ts';

/** The exchange that the request began. */
export interface UpgradeOwner {
  readonly stream: DownstreamStream;
  readonly record: ExchangeRecord;
  finishTunnel(bytesReceived: number, bytesSent: number): void;
}

const KEY = 'sec-websocket-key';
const ACCEPT = 'sec-websocket-accept';
/** Source: RFC 6455 section 1.3. */
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

export class Upgrade implements RelayOwner {
  /** What the endpoint is asked for. */
  readonly protocol: string;
  readonly #owner: UpgradeOwner;
  readonly #context: ExchangeContext;
  readonly #head: RequestHead;
  /** Of a WebSocket whose caller has none, since it speaks HTTP/2; '' = not needed. */
  readonly #madeKey: string;
  #relay: Relay | null = null;
  #idleTimeoutMs = 0;

  /** `protocol`: one name or a list, all of which are allowed. */
  constructor(owner: UpgradeOwner, head: RequestHead, protocol: string, context: ExchangeContext) {
    this.protocol = protocol;
    this.#owner = owner;
    this.#context = context;
    this.#head = head;
    const keyless = head.protocol !== '' && this.#isWebSocket && head.find(KEY) < 0;
    this.#madeKey = keyless ? makeKey(context.random) : '';
  }

  /** Sends the head of the request; `extra` and `changed` as of UpstreamStream.sendHead. */
  send(upstream: UpstreamStream, extra: string, changed: string): void {
    const key = this.#madeKey === '' ? '' : `${KEY}: ${this.#madeKey}\r\n`;
    const whole = changed === '' ? '' : `${changed.slice(0, -2)}${key}\r\n`;
    upstream.sendUpgrade(this.#head, changed === '' ? extra + key : '', whole, this.protocol);
  }

  /** Why an answer that is none of another protocol cannot be told to the caller; '' = it can. */
  problemOfRefusal(status: number): string {
    // To CONNECT it would be a yes.
    if (this.#head.protocol === '' || status > 299) return '';
    return `it answered ${status} instead of 101 to the upgrade to ${this.protocol}`;
  }

  /**
   * Tells the caller yes, and joins the two sides; or answers why what the endpoint says is not the yes that it seems. `changes`: what the route
   * changes in answers.
   */
  open(upstream: UpstreamStream, answer: ResponseHead, changes: FieldEdit | null, idleTimeoutMs: number): string {
    if (!this.#isYes(answer)) return 'its Sec-WebSocket-Accept does not belong to the key that it got';
    this.#idleTimeoutMs = idleTimeoutMs;
    const { stats } = this.#context;
    const agreed = answer.get('upgrade') ?? this.protocol;
    const endpoint = upstream.openTunnel();
    const caller = this.#owner.stream.openUpgrade(agreed, this.#fieldsOf(answer, changes));
    const { socket } = endpoint;
    this.#relay = new Relay(this, caller.socket, { socket, buffer: null }, idleTimeoutMs, this.#context);
    stats.upgradesTotal += 1;
    stats.upgradesActive += 1;
    this.#relay.start(caller.first, endpoint.first);
    return '';
  }

  /** Its time is over. */
  end(code: ErrorCode, detail: string): void {
    this.#owner.record.fail(code, detail);
    this.#relay?.close();
  }

  onRelayEnd(end: RelayEnd): void {
    const { record } = this.#owner;
    this.#context.stats.upgradesActive -= 1;
    if (end === 'idle') record.fail('stream_idle_timeout', `nothing has moved for ${this.#idleTimeoutMs} ms`);
    else noteRelayEnd(record, end);
    this.#owner.finishTunnel(this.#relay?.bytesReceived ?? 0, this.#relay?.bytesSent ?? 0);
  }

  #isYes(answer: ResponseHead): boolean {
    if (this.#madeKey === '') return true;
    const accept = answer.get(ACCEPT);
    return accept === acceptOf(this.#madeKey) || (accept === null && answer.versionMajor === 2);
  }

  /** The answer's lines for the caller. Whoever sent a key gets what belongs to it, also from an endpoint that spoke HTTP/2 and saw no need. */
  #fieldsOf(answer: ResponseHead, changes: FieldEdit | null): string {
    const fields = FieldList.of(answer, 'transfer-encoding');
    changes?.apply(fields);
    const key = this.#head.get(KEY);
    if (this.#madeKey !== '') fields.remove(ACCEPT);
    else if (this.#isWebSocket && key !== null && answer.versionMajor === 2) fields.overwrite(ACCEPT, acceptOf(key));
    return fields.render();
  }

  get #isWebSocket(): boolean {
    return this.protocol.toLowerCase() === 'websocket';
  }
}

/** It proves to nobody anything but that the answer was made for this request. Source: RFC 6455 section 4.1. */
function makeKey(random: Random): string {
  const bytes = Buffer.from(Array.from({ length: 16 }, () => Math.floor(random.next() * 256)));
  return bytes.toString('base64');
}

function acceptOf(key: string): string {
  return createHash('sha1').update(`${key}${ACCEPT_GUID}`, 'latin1').digest('base64');
}
