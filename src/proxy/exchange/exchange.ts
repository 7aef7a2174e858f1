// @hot
// One request and its answer in flight: joins the downstream connection to the router, and decides what a failure becomes.
import type { ErrorCode } from '../../model/errors.ts';
import type { ServerExchange } from '../codec/downstream.ts';
import { bodyBytesOf, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { UpstreamStream } from '../codec/upstream.ts';
import { ANSWERED, DELAYED, type FilterRunOwner, type FilterVerdict } from '../filter/filter-run.ts';
import type { ConfiguredAnswer } from '../route/configured-answer.ts';
import type { Destination } from '../route/destination.ts';
import { explainMiss } from '../route/explain-miss.ts';
import type { RouteEntry } from '../route/route-entry.ts';
import type { RouteTable } from '../route/route-table.ts';
import { CallTimer, type CallTimerOwner } from './call-timer.ts';
import { CallerSide } from './caller-side.ts';
import type { ExchangeContext } from './exchange-context.ts';
import { ExchangeRecord } from './exchange-record.ts';
import { FlowControl } from './flow-control.ts';
import { Handover } from './handover.ts';
import type { OtherStatus } from './local-reply.ts';
import { OwnAnswers, UNSENDABLE_PATH } from './own-answers.ts';
import { RequestGate } from './request-gate.ts';
import { RequestHold } from './request-hold.ts';
import type { RouteWait, RouteWaitOwner } from './route-wait.ts';
import { RoutedRequest } from './routed-request.ts';
import { Router } from './router.ts';
import type { RouterOwner } from './router-owner.ts';
import { StallGuard, type StallOwner } from './stall-guard.ts';

/** An HTTP/1.1 connection carries one exchange after the other, so each connection has one object for all of them. */
export class Exchange
  extends CallerSide
  implements ServerExchange, RouterOwner, RouteWaitOwner, StallOwner, CallTimerOwner, FilterRunOwner
{
  readonly record: ExchangeRecord;
  readonly #context: ExchangeContext;
  readonly #router: Router;
  readonly #routed: RoutedRequest;
  readonly #flow: FlowControl;
  readonly #answers: OwnAnswers;
  readonly #timer: CallTimer;
  readonly #stall: StallGuard;
  readonly #gate: RequestGate;
  readonly #handover: Handover;
  readonly #onClosed: (exchange: Exchange) => void;
  #head: RequestHead | null = null;
  /** Why there is no route. */
  #missed = '';
  #active = false;
  #responseStarted = false;
  /** What the answer says that it has; −1 = it does not say. */
  #answerBytes = -1;

  constructor(context: ExchangeContext, downstreamRemote: string, onClosed: (exchange: Exchange) => void) {
    super();
    this.#context = context;
    this.#onClosed = onClosed;
    this.#timer = new CallTimer(this, context);
    this.#stall = new StallGuard(this, context.wheel, context.streamIdleTimeoutMs);
    this.record = new ExchangeRecord(downstreamRemote);
    this.#router = new Router(this, context, this.record);
    this.#routed = new RoutedRequest(context, this.record);
    this.#gate = new RequestGate(this, context.wheel);
    this.#handover = new Handover(this, context);
    this.#flow = new FlowControl(this.#router);
    this.#answers = new OwnAnswers(context, this.record);
  }

  get active(): boolean {
    return this.#active;
  }

  // ── downstream ──

  onRequestHead(head: RequestHead): void {
    this.#begin(head);
    const { admission } = this.#context;
    if (admission.refusing) {
      this.rescue('overloaded', admission.reason);
      return;
    }
    const { routes, pinnedAuthority: pinned } = this.#context;
    const { demand } = routes;
    const table = demand === null ? routes.table : demand.tableOf(pinned ?? head.authority, this.record.startedAtMs);
    if (table !== null || demand === null) {
      this.#route(table, head);
    } else {
      this.onUpstreamBlocked();
      this.#gate.awaitRoutes(demand, pinned ?? head.authority);
    }
  }

  #route(table: RouteTable | null, head: RequestHead): void {
    const pinned = this.#context.pinnedAuthority;
    const entry = table === null ? null : table.match(head, pinned);
    if (entry === null) {
      this.#missed = table === null ? 'no routes have come yet.' : explainMiss(table.spec, pinned ?? head.authority);
    } else {
      if (entry.idleTimeoutMs >= 0) this.#stall.limit(entry.idleTimeoutMs);
      this.#routed.take(entry, head);
    }
    const { filters } = this.#context;
    if (filters === null) this.#forward(head);
    else this.#follow(this.#routed.filter(filters, head, this), head);
  }

  /** Does what filters want. */
  #follow(verdict: FilterVerdict, head: RequestHead): void {
    if (verdict === ANSWERED) {
      const { reply } = this.#routed.filters;
      if (reply.kind === 'reply') this.#answerWith(head, reply.answer, reply.details);
      else this.rescue(reply.code, reply.detail, reply);
    } else if (verdict === DELAYED) {
      this.onUpstreamBlocked();
      this.#gate.close(new RequestHold()); // alloc-ok: once a delay
    } else {
      this.#forward(head);
    }
  }

  #forward(head: RequestHead): void {
    const { entry } = this.#routed;
    if (entry === null) {
      this.rescue('no_route', this.#missed);
    } else if (entry.answer === null) {
      this.#send(head, entry);
    } else {
      this.#answerWith(head, entry.answer, 'direct_response');
    }
  }

  #send(head: RequestHead, entry: RouteEntry): void {
    const { slot } = this.#routed.destination as Destination;
    const { cluster } = slot;
    if (cluster === null) {
      this.rescue('cluster_not_found', slot.name);
      return;
    }
    if (head.isConnect) {
      // A tunnel has timeouts of its own.
      this.#stall.close();
      const authority = this.#context.pinnedAuthority ?? head.authority;
      this.#handover.openTunnel(cluster, authority, entry.hashing?.clients === true);
      return;
    }
    if (head.upgrade && !this.#handover.admitUpgrade(entry, head)) return;
    const { envoyHeaders } = this.#context;
    if (envoyHeaders !== null) this.#routed.hear(envoyHeaders, head);
    if (!this.#timer.limit(head, this.#routed.duration, this.record.startedAtMs)) return;
    const changedHead = this.#routed.changeHead(head);
    if (changedHead === null) {
      this.rescue('malformed_request', UNSENDABLE_PATH);
      return;
    }
    this.#routed.equip(this.#router, cluster, head, changedHead);
    this.#router.start(cluster, head, this.#routed.retry, changedHead, this.#timer.deadline, this.#handover.upgrade);
  }

  onRequestData(bytes: Buffer, start: number, end: number): void {
    if (this.#gate.keepsData(bytes, start, end)) return;
    this.#stall.moved = true;
    this.record.bytesReceived += end - start;
    this.#context.bodyMeter.note(end - start);
    if (this.#active && !this.#router.sendData(bytes, start, end)) this.onUpstreamBlocked();
  }

  onRequestEnd(trailers: string): void {
    if (this.#gate.keepsEnd(trailers)) return;
    if (!this.#active || this.#handover.isTunnel) return;
    this.#routed.noteEnd();
    this.#timer.awaitAnswer(this.#routed.timeoutMs);
    this.#router.sendEnd(trailers);
  }

  onRequestBatchEnd(): void {
    if (this.#active && this.#gate.hold === null && !this.#router.flush()) this.onUpstreamBlocked();
  }

  onRequestError(code: ErrorCode, detail: string): void {
    this.#context.stats.protocolErrors += 1;
    if (!this.#active) this.#begin(null);
    this.#giveUp(code, detail);
  }

  onDownstreamWritable(): void {
    this.#stall.moved = true;
    if (this.#routed.pace?.full !== true) this.#flow.resumeUpstream();
  }

  onDownstreamGone(detail: string): void {
    this.#handover.closeTunnel();
    if (!this.#active) return;
    this.#context.stats.resets += 1;
    this.record.fail('downstream_gone', detail);
    this.#finish(false);
  }

  onDownstreamClosed(): void {
    this.#stall.close();
    this.#onClosed(this);
  }

  /** The wait for `table` is over. */
  onRoutes(wait: RouteWait, table: RouteTable, note: string): void {
    this.record.details = note;
    this.#route(table, this.#head as RequestHead);
    this.#release(wait);
  }

  onDelayOver(): void {
    const hold = this.#gate.hold as RequestHold;
    const verdict = this.#routed.filters.resume();
    if (verdict === DELAYED) return;
    this.#follow(verdict, this.#head as RequestHead);
    this.#release(hold);
  }

  #release(hold: RequestHold): void {
    if (!this.#gate.open(hold)) return;
    if (this.#router.flush()) this.onUpstreamWritable();
    else this.onUpstreamBlocked();
  }

  // ── upstream ──

  onInformational(head: ResponseHead): void {
    // HTTP/1.0 knows no interim answers (RFC 9110 section 15.2).
    if ((this.#head as RequestHead).versionMinor === 0) return;
    this.stream.sendInterim(head);
  }

  /** From now on the upgrade's own idle timeout counts, and no other. */
  onUpgraded(head: ResponseHead, upstream: UpstreamStream): void {
    const { stream } = this;
    stream.beforeAnswer(this.#context.draining || stream.draining, true);
    const changes = this.#routed.answerEdit;
    const problem = this.#handover.openUpgrade(upstream, head, changes, this.#stall.limitMs);
    if (problem !== '') {
      this.#giveUp('upgrade_refused', problem);
      return;
    }
    this.#responseStarted = true;
    this.record.status = 101;
    this.#stall.close();
    this.#timer.awaitAnswer(0);
  }

  onResponseHead(head: ResponseHead): void {
    const problem = this.#handover.problemOfRefusal(head.status);
    if (problem !== '') {
      this.#giveUp('upgrade_refused', problem);
      return;
    }
    this.#stall.moved = true;
    this.#responseStarted = true;
    this.record.status = head.status;
    this.#answerBytes = bodyBytesOf(head);
    const { stream } = this;
    // The whole listener, or this connection for its age.
    stream.beforeAnswer(this.#context.draining || stream.draining, true);
    const oldCaller = (this.#head as RequestHead).versionMinor === 0;
    stream.sendHead(head, this.#routed.changeAnswer(head, this.#router.newCookie, oldCaller));
  }

  onResponseData(bytes: Buffer, start: number, end: number): void {
    const { pace } = this.#routed;
    if (pace === null) this.onPacedData(bytes, start, end);
    else if (!pace.add(bytes, start, end)) this.#flow.pauseUpstream();
  }

  onPacedData(bytes: Buffer, start: number, end: number): void {
    this.#stall.moved = true;
    this.record.bytesSent += end - start;
    this.#context.bodyMeter.note(end - start);
    if (!this.stream.sendData(bytes, start, end)) this.#flow.pauseUpstream();
  }

  onPaceRoom(): void {
    this.#flow.resumeUpstream();
  }

  onResponseEnd(trailers: string): void {
    const { pace } = this.#routed;
    if (pace?.holdsEnd(trailers) === true) {
      // The pod has done its part.
      this.#timer.rest();
      return;
    }
    this.#finish();
    this.stream.endResponse(trailers);
  }

  onResponseBatchEnd(): void {
    if (this.#active && !this.stream.flush()) this.#flow.pauseUpstream();
  }

  onUpstreamBlocked(): void {
    this.#flow.pauseDownstream();
  }

  onUpstreamWritable(): void {
    this.#flow.resumeDownstream();
  }

  onUpstreamFailed(code: ErrorCode, detail: string): void {
    if (code === 'session_lost') this.rescue(code, detail, this.#routed.sessionFailure);
    else this.#giveUp(code, detail);
  }

  onCallTimeout(code: ErrorCode, detail: string, ofRoute: boolean): void {
    if (code === 'upstream_timeout') this.#router.recordTimeout(ofRoute);
    this.#giveUp(code, detail);
  }

  onStalled(): void {
    this.#context.stats.idleTimeouts += 1;
    this.onCallTimeout(this.#flow.stalledBy, `nothing has moved for ${this.#stall.limitMs} ms`, false);
  }

  // ── ends ──

  /** Answers with what the row of `code` says. Nothing of another answer has left. */
  rescue(code: ErrorCode, detail: string, other: OtherStatus | null = null): void {
    this.#context.stats.noteError(code);
    this.record.fail(code, detail);
    this.#answers.sendError(this.stream, this.#head, this.#routed.answerEdit, code, detail, other);
    this.#endOwnAnswer();
  }

  /** The tunnel has ended after it had been opened. */
  finishTunnel(bytesReceived: number, bytesSent: number): void {
    if (!this.#active) return;
    this.record.bytesReceived += bytesReceived;
    this.record.bytesSent += bytesSent;
    this.#finish();
    this.#onClosed(this);
  }

  #begin(head: RequestHead | null): void {
    this.#active = true;
    this.#responseStarted = false;
    this.#flow.begin(this.stream);
    this.#routed.clear();
    this.#head = head;
    this.#context.stats.recordBegin();
    this.record.begin(head, this.#context);
    this.#stall.watch();
    if (!this.stream.requestComplete) this.#timer.awaitBody();
  }

  #giveUp(code: ErrorCode, detail: string): void {
    if (this.record.status === 101) this.#handover.endUpgrade(code, detail);
    else if (this.#responseStarted) this.#cutOff(code, detail);
    else this.rescue(code, detail);
  }

  /** `details`: for the log. */
  #answerWith(head: RequestHead, answer: ConfiguredAnswer, details: string): void {
    this.#answers.sendConfigured(this.stream, head, answer, this.#routed.editOf(answer), details);
    this.#endOwnAnswer();
  }

  #endOwnAnswer(): void {
    this.#finish();
    this.stream.endResponse('');
  }

  /** Where part of an answer has left, the only honest end is a closed connection. */
  #cutOff(code: ErrorCode, detail: string): void {
    // Only its end is lacking (HTTP/2): by its length callers have taken the answer for whole, and those of HTTP/1.1 may have asked on.
    if (this.record.bytesSent === this.#answerBytes) {
      this.onResponseEnd('');
      return;
    }
    if (this.stream.takeBackAnswer()) {
      this.record.bytesSent = 0;
      this.rescue(code, detail);
      return;
    }
    this.record.fail(code, detail);
    this.#finish(false);
    this.stream.destroy();
  }

  /** Counts, logs and lets go of everything; the connection may begin the next exchange right after. */
  #finish(answered = true): void {
    this.#active = false;
    this.#routed.end(answered);
    this.#gate.cancel();
    this.#stall.rest();
    this.#router.stop();
    this.#handover.end();
    this.#timer.rest();
    const record = this.record;
    record.end(this.#context.clock.now());
    this.#context.stats.recordEnd(record);
    this.#context.accessLog?.record(record);
  }
}
