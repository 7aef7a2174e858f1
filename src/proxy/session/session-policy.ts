// The sessions of a route, compiled: what carries them and what they are told.
import type { SessionSpec } from '../../model/session-spec.ts';
import { compileCarrier, type SessionCarrier } from './session-carrier.ts';

export interface SessionPolicy {
  readonly spec: SessionSpec;
  readonly carrier: SessionCarrier;
}

/** Null = requests belong to no session. */
export function compileSessions(spec: SessionSpec | null | undefined): SessionPolicy | null {
  return spec === undefined || spec === null ? null : { spec, carrier: compileCarrier(spec.carrier) };
}
