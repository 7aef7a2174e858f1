// What one request asks for itself by x-envoy-… headers, where those of its caller count: how long it may take, and how it is tried again.
import type { EnvoyHeadersSpec } from '../../model/envoy-headers-spec.ts';
import { GRPC_CONDITIONS, RETRY_CONDITIONS, type RetryPolicySpec } from '../../model/retry-policy-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import { type CallDuration, replacesTimeout } from '../route/call-duration.ts';
import type { FieldEdit } from '../route/field-changes.ts';
import type { FieldList } from '../route/field-list.ts';
import { compileRetryPolicy, type RetryPolicy } from '../route/retry-policy.ts';
import type { RouteEntry } from '../route/route-entry.ts';

const RETRY_ON = 'x-envoy-retry-on';
const RETRY_GRPC_ON = 'x-envoy-retry-grpc-on';
const MAX_RETRIES = 'x-envoy-max-retries';
const STATUS_CODES = 'x-envoy-retriable-status-codes';
const HEADER_NAMES = 'x-envoy-retriable-header-names';
const TIMEOUT = 'x-envoy-upstream-rq-timeout-ms';
const TRY_TIMEOUT = 'x-envoy-upstream-rq-per-try-timeout-ms';
const HEDGE = 'x-envoy-hedge-on-per-try-timeout';
const EXPECTED = 'x-envoy-expected-rq-timeout-ms';
const INTERNAL = 'x-envoy-internal';
const SERVICE_TIME = 'x-envoy-upstream-service-time';
const FORWARDED_FOR = 'x-forwarded-for';
const EXTERNAL_ADDRESS = 'x-envoy-external-address';

/** What has been heard goes no further. */
const HEARD = [RETRY_ON, RETRY_GRPC_ON, MAX_RETRIES, STATUS_CODES, HEADER_NAMES, TRY_TIMEOUT, HEDGE];
/** What only internal requests may say. Source: Envoy's cleaning of headers. */
const OF_INTERNAL = [
  ...[...HEARD, TIMEOUT, EXPECTED, INTERNAL, 'x-envoy-force-trace', 'x-envoy-ip-tags'],
  ...['x-envoy-upstream-alt-stat-name', 'x-envoy-upstream-rq-timeout-alt-response'],
];
/** What a caller from outside has not to say to the first proxy. */
const OF_INSIDE = [
  ...['x-envoy-decorator-operation', 'x-envoy-downstream-service-cluster', 'x-envoy-downstream-service-node'],
  ...['x-envoy-original-path', 'x-envoy-original-host'],
];

/** More are not tried, whatever a caller says: where nothing can be reached no budget counts them. */
const MOST_RETRIES = 100;
/** Each is looked for in each answer. */
const MOST_HEADER_NAMES = 16;
/** What timers can wait for. */
const LONGEST_MS = 2_147_483_647;
const NUMBER = /^[0-9]{1,15}$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,200}$/;
const STATUS = /^[1-5][0-9]{2}$/;

export interface CallerPlace {
  /** What it asks for counts. */
  readonly internal: boolean;
  /** This is the first proxy of a request that comes from outside. */
  readonly atEdge: boolean;
  readonly host: string;
  /** What is added to x-forwarded-for; null = nothing. */
  readonly forwardedFor: string | null;
}

/** One object a request, in listeners whose configuration says whose headers count. */
export class CallerWishes implements FieldEdit {
  readonly retry: RetryPolicy;
  /** Of the route, or what stands in its place; 0 = none. */
  readonly timeoutMs: number;
  /** What the route says of the call as a whole; its gRPC part does not count where the caller has said how long. */
  readonly duration: CallDuration | null;
  readonly #spec: EnvoyHeadersSpec;
  readonly #place: CallerPlace;
  readonly #ignoresTimeout: boolean;
  /** What pods are told; 0 = nothing. */
  readonly #expectedMs: number;
  /** −1 = more of it is to come. */
  #requestEndedAtMs = -1;

  constructor(head: RequestHead, entry: RouteEntry, spec: EnvoyHeadersSpec, place: CallerPlace) {
    this.#spec = spec;
    this.#place = place;
    const asks = (name: string): string | null => (place.internal ? head.get(name) : null);
    const expected = spec.respectsExpectedTimeout === true ? asks(EXPECTED) : null;
    this.#ignoresTimeout = expected !== null;
    const saidMs = millisecondsIn(expected ?? asks(TIMEOUT));
    const { duration } = entry;
    this.timeoutMs = saidMs < 0 ? entry.timeoutMs : saidMs;
    this.duration = saidMs >= 0 && duration !== null && duration.grpcMaxMs >= 0 ? null : duration;
    this.retry = wishedRetries(entry.retry, asks, this.timeoutMs);
    this.#expectedMs = this.#expect(saidMs >= 0 || !endsOtherwise(duration, head));
  }

  /** The request has come whole, or comes no further. */
  noteEnd(nowMs: number): void {
    this.#requestEndedAtMs = nowMs;
  }

  /** What its pods hear of it, before the changes of its route. */
  apply(fields: FieldList): void {
    const { internal, atEdge, host, forwardedFor } = this.#place;
    for (const name of internal ? HEARD : OF_INTERNAL) fields.remove(name);
    if (!this.#ignoresTimeout) fields.remove(TIMEOUT);
    if (this.#expectedMs > 0 || !internal) fields.remove(EXPECTED);
    if (atEdge) for (const name of OF_INSIDE) fields.remove(name);
    if (atEdge) fields.overwrite(EXTERNAL_ADDRESS, host);
    if (internal) fields.overwrite(INTERNAL, 'true');
    if (forwardedFor !== null) fields.addToList(FORWARDED_FOR, forwardedFor);
  }

  /** Of an attempt that begins now: how long its answer is waited for. '' = nobody says. */
  attemptLine(nowMs: number): string {
    if (this.#expectedMs === 0) return '';
    const spentMs = this.#requestEndedAtMs < 0 ? 0 : nowMs - this.#requestEndedAtMs;
    const leftMs = this.timeoutMs === 0 ? LONGEST_MS : this.timeoutMs - spentMs;
    return `${EXPECTED}: ${Math.max(1, Math.min(this.#expectedMs, Math.floor(leftMs)))}\r\n`;
  }

  /** What changes in the answer of a pod that begins now; `changes`: what its route says, null = nothing. */
  answerEdit(changes: FieldEdit | null, nowMs: number): FieldEdit | null {
    const endedAtMs = this.#requestEndedAtMs;
    if (this.#spec.suppressed === true || endedAtMs < 0) return changes;
    const tookMs = Math.floor(nowMs - endedAtMs);
    return {
      apply(fields: FieldList): void {
        fields.overwrite(SERVICE_TIME, `${tookMs}`);
        changes?.apply(fields);
      },
    };
  }

  /** Of several attempts that run beside each other each may take all of the time. */
  #expect(counts: boolean): number {
    if (this.#spec.suppressed === true) return 0;
    const wholeMs = counts ? this.timeoutMs : 0;
    const { tryTimeoutMs, hedges } = this.retry;
    return hedges || tryTimeoutMs === 0 ? wholeMs : Math.floor(tryTimeoutMs);
  }
}

/** The time of the route does not count for it. */
function endsOtherwise(duration: CallDuration | null, head: RequestHead): boolean {
  return duration !== null && (duration.grpcMaxMs < 0 || replacesTimeout(duration, head));
}

/** −1 = it says nothing, or nothing that can be understood. */
function millisecondsIn(text: string | null): number {
  return text !== null && NUMBER.test(text) ? Math.min(Number(text), LONGEST_MS) : -1;
}

/** `policy` with what the caller asks for: it may add conditions, and say anew what is a number. Source: Envoy's router. */
function wishedRetries(policy: RetryPolicy, asks: (name: string) => string | null, timeoutMs: number): RetryPolicy {
  const { hedgeOnPerTryTimeout, ...spec } = policy.spec;
  const hedge = asks(HEDGE);
  const hedges = hedge === 'true' || (hedge !== 'false' && hedgeOnPerTryTimeout === true);
  const wishes = { ...wishedConditions(spec, asks), ...wishedTries(asks, timeoutMs) };
  if (Object.keys(wishes).length === 0 && hedges === policy.hedges) return policy;
  return compileRetryPolicy({ ...spec, ...wishes, ...(hedges ? { hedgeOnPerTryTimeout: true } : {}) });
}

function wishedConditions(spec: RetryPolicySpec, asks: (name: string) => string | null): Partial<RetryPolicySpec> {
  const http = asks(RETRY_ON);
  const grpc = asks(RETRY_GRPC_ON);
  const codes = asks(STATUS_CODES);
  const names = asks(HEADER_NAMES);
  const isGrpc = new Set<string>(GRPC_CONDITIONS);
  const wanted = new Set([
    ...itemsOf(http).filter((condition) => !isGrpc.has(condition)),
    ...itemsOf(grpc).filter((condition) => isGrpc.has(condition)),
  ]);
  const on = RETRY_CONDITIONS.filter((condition) => wanted.has(condition) || spec.on.includes(condition));
  const statuses = itemsOf(codes).filter((code) => STATUS.test(code));
  const fields = itemsOf(names).filter((name) => FIELD_NAME.test(name));
  const isThere = { kind: 'present', value: true } as const;
  const matchers = fields.slice(0, MOST_HEADER_NAMES).map((name) => ({ name, match: isThere }));
  return {
    ...(on.length === spec.on.length ? {} : { on }),
    // What no number means where conditions come.
    ...(spec.on.length === 0 && on.length > 0 ? { numRetries: 1 } : {}),
    ...(statuses.length === 0 ? {} : { statusCodes: [...spec.statusCodes, ...statuses.map(Number)] }),
    ...(matchers.length === 0 ? {} : { answerHeaders: [...(spec.answerHeaders ?? []), ...matchers] }),
  };
}

/** A try that may take as long as all of them is not limited. */
function wishedTries(asks: (name: string) => string | null, timeoutMs: number): Partial<RetryPolicySpec> {
  const times = asks(MAX_RETRIES);
  const tryMs = millisecondsIn(asks(TRY_TIMEOUT));
  const perTryTimeoutMs = timeoutMs > 0 && tryMs >= timeoutMs ? 0 : tryMs;
  return {
    ...(times !== null && NUMBER.test(times) ? { numRetries: Math.min(Number(times), MOST_RETRIES) } : {}),
    ...(tryMs < 0 ? {} : { perTryTimeoutMs }),
  };
}

function itemsOf(list: string | null): string[] {
  return list === null ? [] : list.split(',').map((item) => item.trim().toLowerCase());
}
