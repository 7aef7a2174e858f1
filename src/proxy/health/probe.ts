// One way to ask an endpoint whether it can serve.
import type { OnReadOpts, Socket } from 'node:net';
import type { HealthCheckSpec } from '../../model/health-check-spec.ts';

/** `failed`: it says that it cannot; `retriable`, `unreachable`: it may have been chance. */
export type CheckOutcome = 'passed' | 'failed' | 'retriable' | 'unreachable';

export interface CheckAnswer {
  readonly outcome: CheckOutcome;
  /** What was wrong, for people; '' = nothing. */
  readonly detail: string;
  /** It can serve, and says that others should be asked first. */
  readonly degraded: boolean;
}

export const PASSED: CheckAnswer = { outcome: 'passed', detail: '', degraded: false };

export interface CheckTarget {
  readonly host: string;
  readonly port: number;
  /** What it is called in requests. */
  readonly authority: string;
}

/** Opens a connection, with TLS where the cluster has it; the socket may still be connecting. */
export type ProbeDial = (host: string, port: number, onread?: OnReadOpts) => Socket;

export interface Probe {
  /** `done` is called once, unless the check is abandoned; never before the call has returned. Only one check at a time. */
  check(target: CheckTarget, done: (answer: CheckAnswer) => void): void;
  /** Nobody waits for the answer any more; its connection closes. */
  abandon(): void;
  /** Nothing will be asked any more. */
  close(): void;
}

/** What a probe needs from outside. */
export interface ProbeContext {
  readonly dial: ProbeDial;
  /** A connection for HTTP/2 that others have made, with the handshake of the cluster, which may be in work; itself where the cluster has no TLS. */
  readonly secure: (socket: Socket) => Socket;
  /** A connection carries further checks. */
  readonly keepsConnection: boolean;
}

export type CreateProbe = (check: HealthCheckSpec['check'], context: ProbeContext) => Probe;
