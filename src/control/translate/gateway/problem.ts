// What is wrong with a route: for the conditions of its status, for the list of issues, and for callers whom it is answered.
import { errorIssue, type Issue, warningIssue } from '../../../base/result.ts';
import { placeOf } from '../../../kube/meta.ts';
import type { RouteInputs } from './route-inputs.ts';

/** Source: gateway.networking.k8s.io/v1, RouteConditionReason. `Conflicted`: GEP-1426. */
export type ProblemReason =
  | 'NoMatchingParent'
  | 'NotAllowedByListeners'
  | 'Conflicted'
  | 'UnsupportedValue'
  | 'BackendNotFound'
  | 'RefNotPermitted'
  | 'InvalidKind'
  | 'UnsupportedProtocol';

export interface Problem {
  readonly reason: ProblemReason;
  /** Inside the route. */
  readonly path: string;
  readonly message: string;
  readonly remedy: string;
}

export function problemIssue({ route }: RouteInputs, { path, message, remedy }: Problem): Issue {
  return errorIssue(message, { ...placeOf(route, path), remedy });
}

/** Of what takes effect otherwise than its author may have meant. */
export function problemWarning({ route }: RouteInputs, { path, message, remedy }: Problem): Issue {
  return warningIssue(message, { ...placeOf(route, path), remedy });
}
