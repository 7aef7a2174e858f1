// The sessions of a route, compiled: what carries them and what they are told.
import type { SessionSpec } from '../../model/session-spec.ts';
import { compileCarrier, type SessionCarrier } from './session-carrier.ts';

export interface SessionPolicy {
  readonly spec: SessionSpec;
  readonly carrier: SessionCarrier;
  /** Of the error where a session is lost; null = the usual one. */
  readonly failure: { readonly status: number; readonly grpcStatus: -1 } | null;
}

/** Null = requests belong to no session. */
export function compileSessions(spec: SessionSpec | null | undefined): SessionPolicy | null {
  if (spec === undefined || spec === null) return null;
  const failure = spec.failStatus === undefined ? null : ({ status: spec.failStatus, grpcStatus: -1 } as const);
  return { spec, carrier: compileCarrier(spec.carrier), failure };
}
