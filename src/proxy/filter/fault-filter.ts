// Makes requests late, or fail, and answers slow, on purpose.
import type { Random } from '../../base/random.ts';
import type { FaultAbortSpec, FaultSpec } from '../../model/fault-spec.ts';
import type { FractionSpec } from '../../model/fraction-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { compileCondition, type RequestCondition } from '../route/request-condition.ts';
import type { FaultStats } from './filter-stats.ts';
import { isChosen } from './fraction.ts';
import type { FilterAnswer, FilterCall, FilterPass, HttpFilter } from './http-filter.ts';

/** What the request's own fields may say, as Envoy calls them. */
const DELAY_FIELD = 'x-envoy-fault-delay-request';
const DELAY_SHARE_FIELD = `${DELAY_FIELD}-percentage`;
const ABORT_FIELD = 'x-envoy-fault-abort-request';
const ABORT_SHARE_FIELD = `${ABORT_FIELD}-percentage`;
const PACE_FIELD = 'x-envoy-fault-throughput-response';
const PACE_SHARE_FIELD = `${PACE_FIELD}-percentage`;
const GRPC_ABORT_FIELD = 'x-envoy-fault-abort-grpc-request';

const MAX_GRPC_STATUS = 16;
/** A caller may ask for no more, whatever its field says. */
const MAX_DELAY_MS = 3_600_000;

export interface FaultTools {
  readonly random: Random;
  readonly stats: FaultStats;
  /** Part of the sidecar's limits that is this data plane's, 0 < share ≤ 1. */
  readonly share: number;
}

export class FaultFilter implements HttpFilter {
  readonly #spec: FaultSpec;
  readonly #tools: FaultTools;
  readonly #condition: RequestCondition | null;
  readonly #maxActive: number;

  private constructor(spec: FaultSpec, tools: FaultTools) {
    this.#spec = spec;
    this.#tools = tools;
    this.#condition = compileCondition({ headers: spec.headers ?? [] });
    this.#maxActive = Math.ceil((spec.maxActive ?? Number.POSITIVE_INFINITY) * tools.share);
  }

  /** Null = it makes none. */
  static compile(spec: FaultSpec, tools: FaultTools): FaultFilter | null {
    const { delay, abort, pace } = spec;
    return (delay ?? abort ?? pace) === undefined ? null : new FaultFilter(spec, tools);
  }

  begin(call: FilterCall): FilterPass | null {
    const { cluster } = this.#spec;
    const { stats } = this.#tools;
    if (stats.active >= this.#maxActive) {
      stats.overflows += 1;
      return null;
    }
    if (cluster !== undefined && cluster !== call.cluster) return null;
    if (this.#condition !== null && !this.#condition.matches(call.head)) return null;
    const paced = this.#pace(call);
    const delayMs = this.#delayOf(call.head);
    if (delayMs === 0) return this.#abort(call) || paced ? new FaultPass(stats) : null;
    stats.delaysInjected += 1;
    call.addFlag('DI');
    call.delay(delayMs, () => void this.#abort(call));
    return new FaultPass(stats);
  }

  /** 0 = none. */
  #delayOf(head: RequestHead): number {
    const { delay } = this.#spec;
    if (delay === undefined) return 0;
    if (!this.#isChosen(delay.share, delay.delay.kind === 'by-header', DELAY_SHARE_FIELD, head)) return 0;
    if (delay.delay.kind === 'fixed') return delay.delay.ms;
    return Math.min(Math.max(numberIn(head.get(DELAY_FIELD)), 0), MAX_DELAY_MS);
  }

  /** Its answer is slow. */
  #pace(call: FilterCall): boolean {
    const { pace } = this.#spec;
    if (pace === undefined) return false;
    if (!this.#isChosen(pace.share, pace.limit.kind === 'by-header', PACE_SHARE_FIELD, call.head)) return false;
    const { limit } = pace;
    const kibPerSecond = limit.kind === 'fixed' ? limit.kibPerSecond : numberIn(call.head.get(PACE_FIELD));
    if (kibPerSecond < 1) return false;
    this.#tools.stats.pacesInjected += 1;
    call.paceAnswer(kibPerSecond);
    return true;
  }

  /** False: the request goes on. */
  #abort(call: FilterCall): boolean {
    const { abort } = this.#spec;
    if (abort === undefined) return false;
    if (!this.#isChosen(abort.share, abort.abort.kind === 'by-header', ABORT_SHARE_FIELD, call.head)) return false;
    const answer = answerOf(abort.abort, call.head);
    if (answer === null) return false;
    this.#tools.stats.abortsInjected += 1;
    call.answer(answer);
    return true;
  }

  /** A caller that says something of its own fault may make it less likely, never more. */
  #isChosen(share: FractionSpec, byHeader: boolean, field: string, head: RequestHead): boolean {
    return isChosen(byHeader ? lowered(share, head.get(field)) : share, this.#tools.random);
  }
}

/** All faults of one request are one. */
class FaultPass implements FilterPass {
  readonly answerEdit = null;
  readonly #stats: FaultStats;

  constructor(stats: FaultStats) {
    this.#stats = stats;
    stats.active += 1;
  }

  onEnd(): void {
    this.#stats.active -= 1;
  }
}

function lowered(share: FractionSpec, said: string | null): FractionSpec {
  const numerator = numberIn(said);
  return numerator < 0 ? share : { ...share, numerator: Math.min(numerator, share.numerator) };
}

/** Null: the request does not say what, or nothing that is an answer. */
function answerOf(abort: FaultAbortSpec['abort'], head: RequestHead): FilterAnswer | null {
  const base = { kind: 'refuse', code: 'fault_injected' } as const;
  if (abort.kind === 'http')
    return { ...base, detail: `HTTP status ${abort.status}`, status: abort.status, grpcStatus: -1 };
  if (abort.kind === 'grpc')
    return { ...base, detail: `gRPC status ${abort.status}`, status: 200, grpcStatus: abort.status };
  const status = numberIn(head.get(ABORT_FIELD));
  if (status >= 200 && status <= 599)
    return { ...base, detail: `HTTP status ${status}, as it asks`, status, grpcStatus: -1 };
  const grpcStatus = numberIn(head.get(GRPC_ABORT_FIELD));
  if (grpcStatus < 0 || grpcStatus > MAX_GRPC_STATUS) return null;
  return { ...base, detail: `gRPC status ${grpcStatus}, as it asks`, status: 200, grpcStatus };
}

/** A whole number of at most nine digits; −1 for anything else. */
function numberIn(text: string | null): number {
  return text !== null && /^[0-9]{1,9}$/.test(text) ? Number(text) : -1;
}
