// Sessions as the filter stateful_session configures them: it says which policy a request has, and the router obeys it.
import type { SessionSpec } from '../../model/session-spec.ts';
import { compileSessions, type SessionPolicy } from '../session/session-policy.ts';
import type { FilterCall, HttpFilter } from './http-filter.ts';

export class SessionFilter implements HttpFilter {
  readonly #policy: SessionPolicy;

  private constructor(policy: SessionPolicy) {
    this.#policy = policy;
  }

  /** Null: there are no sessions. */
  static compile(spec: SessionSpec | null): SessionFilter | null {
    const policy = compileSessions(spec);
    return policy === null ? null : new SessionFilter(policy);
  }

  begin(call: FilterCall): null {
    call.keepSession(this.#policy);
    return null;
  }
}
