// What happens to a Service in a simulation, as readonly data: who calls, which pods there are, and what befalls them.

/** How long a pod works on a request, ms. `log-normal`: half of them take up to the median, 99 of 100 up to p99 (> the median). */
export type LatencySpec =
  | { readonly kind: 'fixed'; readonly ms: number }
  | { readonly kind: 'log-normal'; readonly medianMs: number; readonly p99Ms: number };

export interface LoadSpec {
  /** Requests a second of all callers together, at times that do not depend on answers (open loop, Poisson); > 0. */
  readonly ratePerSecond: number;
  /** In parts of all requests; together 1. Of gRPC `package.Service/Method`. */
  readonly methods: readonly { readonly method: string; readonly share: number }[];
  /** They are calls of gRPC; absent = requests of HTTP/1.1. */
  readonly grpc?: true;
  /** How large the bodies of POST, PUT, PATCH and of calls are, bytes; absent = they have none, and calls an empty message. */
  readonly bodyBytes?: number;
}

export interface CallersSpec {
  /** Pods that call, each with a sidecar of its own; ≥ 1. */
  readonly count: number;
  /** They are dealt out over these in turn; empty = nobody knows where they are. */
  readonly zones: readonly string[];
}

export interface PodsSpec {
  readonly count: number;
  readonly zones: readonly string[];
  readonly latency: LatencySpec;
  /** Requests that one of them works on at a time, others wait; 0 = however many come. */
  readonly concurrency: number;
  /** How many may wait; more are answered 503. */
  readonly queue: number;
  /** Of one that has just started; absent = it is as quick as it will be. */
  readonly warmUp?: WarmUpSpec;
}

/** A request takes `factor` (≥ 1) times as long at first, less and less until `forMs` (> 0) are over. */
export interface WarmUpSpec {
  readonly forMs: number;
  readonly factor: number;
}

export type PodChoice =
  | { readonly kind: 'all' }
  /** Numbers as in the names: the first is 0. */
  | { readonly kind: 'numbers'; readonly numbers: readonly number[] }
  | { readonly kind: 'zone'; readonly zone: string };

/** Instead of an answer: its connection is reset, or nothing comes. `code`: of gRPC, in the head of an answer that is nothing else, or `late`, behind it. */
export type Failure =
  | 'reset'
  | 'hang'
  | { readonly status: number }
  | { readonly code: number; readonly late: boolean };

/** `forMs`: afterwards it is as before; absent = to the end. `noticedMs`: until Kubernetes knows of it. */
export type EventSpec = { readonly atMs: number } & (
  | {
      readonly do: 'fail';
      readonly pods: PodChoice;
      /** Of the requests, 0–1. */
      readonly share: number;
      readonly failure: Failure;
      readonly forMs?: number;
    }
  | { readonly do: 'slow'; readonly pods: PodChoice; readonly factor: number; readonly forMs?: number }
  /** Its process ends: connections are reset, new ones refused. */
  | { readonly do: 'kill'; readonly pods: PodChoice; readonly noticedMs: number; readonly forMs?: number }
  /** Its node is gone: nothing comes back from there. */
  | { readonly do: 'cut-off'; readonly pods: PodChoice; readonly noticedMs: number; readonly forMs?: number }
  /** It is told to end, serves on for `graceMs`, and is gone. */
  | { readonly do: 'drain'; readonly pods: PodChoice; readonly graceMs: number }
  | { readonly do: 'add'; readonly count: number }
  /** Each pod that is there is replaced: a new one comes, the old one is drained; the next pod follows `everyMs` later. */
  | { readonly do: 'roll'; readonly everyMs: number; readonly graceMs: number }
  | { readonly do: 'load'; readonly ratePerSecond: number; readonly forMs?: number }
);

export interface ScenarioSpec {
  /** For people. */
  readonly name: string;
  /** Of one sentence or more; '' = none. */
  readonly about: string;
  /** How long requests come, ms. */
  readonly durationMs: number;
  readonly load: LoadSpec;
  readonly callers: CallersSpec;
  /** Users who keep their cookies; 0 = requests have nothing to do with each other. */
  readonly sessions: number;
  readonly pods: PodsSpec;
  /** From when Kubernetes knows of a change to when sidecars do, ms. */
  readonly propagationMs: number;
  /** In order of time. */
  readonly events: readonly EventSpec[];
  /** Of the Service, where no manifest is given. */
  readonly annotations: Readonly<Record<string, string>>;
  /** What a TrafficPolicy for the Service says, beside `targetRefs`, where no manifest is given; absent = there is none. */
  readonly policy?: Readonly<Record<string, unknown>>;
}
