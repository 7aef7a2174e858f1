// What becomes of a request at its pod, as one number: nothing that comes back, a status of HTTP, or a code of gRPC and where it stands.
import type { Failure } from './scenario-spec.ts';

/** Its connection, or its stream of one, is reset. */
export const RESET = 0;
/** A head that is the whole answer ("Trailers-Only"), with code 0 of gRPC. */
const GRPC_AT_ONCE = 1_000;
/** The code comes behind the answer, in its trailers. */
const GRPC_LATE = 2_000;

/** By code. Source: google.rpc.Code. */
export const GRPC_CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

export function grpcOutcome(code: number, late: boolean): number {
  return (late ? GRPC_LATE : GRPC_AT_ONCE) + code;
}

/** Of what goes wrong and is noticed; `hang` is not. */
export function outcomeOf(failure: Failure): number {
  if (typeof failure !== 'object') return RESET;
  return 'status' in failure ? failure.status : grpcOutcome(failure.code, failure.late);
}

/** −1 = it has none in its head. */
export function codeAtOnce(outcome: number): number {
  return outcome >= GRPC_AT_ONCE && outcome < GRPC_LATE ? outcome - GRPC_AT_ONCE : -1;
}

/** −1 = it has none behind it. */
export function codeBehind(outcome: number): number {
  return outcome >= GRPC_LATE ? outcome - GRPC_LATE : -1;
}

/** For people. */
export function describeCode(code: number): string {
  return `grpc-status ${GRPC_CODES[code] ?? code}`;
}
