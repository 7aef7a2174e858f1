// What the status of a route of Gateway API says: for each parent whether it takes effect there, and what is wrong with it.
import type { ParentReference } from '../../../kube/route-refs.ts';
import { CONTROLLER_NAME } from '../../controller-name.ts';
import { conflictsOf } from './conflicts.ts';
import type { TranslatedParent } from './parents.ts';
import type { Problem, ProblemReason } from './problem.ts';
import type { Route } from './route-inputs.ts';
import type { TranslatedRoute } from './translate-route.ts';

/** Source: gateway.networking.k8s.io/v1.RouteStatus. Times are added by whoever writes it down. */
export interface RouteStatus {
  readonly kind: Route['kind'];
  readonly namespace: string;
  readonly name: string;
  /** One for each parent that is a Service. */
  readonly parents: readonly {
    readonly parentRef: ParentReference;
    readonly controllerName: string;
    readonly conditions: readonly RouteCondition[];
  }[];
}

export interface RouteCondition {
  readonly type: 'Accepted' | 'ResolvedRefs' | 'PartiallyInvalid';
  readonly status: 'True' | 'False';
  readonly reason: ProblemReason | 'Accepted' | 'ResolvedRefs';
  readonly message: string;
}

const OF_REFERENCES: readonly ProblemReason[] = [
  'BackendNotFound',
  'RefNotPermitted',
  'InvalidKind',
  'UnsupportedProtocol',
];

/** `routes`: all that there are. Those that have no Service as a parent are left out. */
export function routeStatuses(routes: readonly TranslatedRoute[]): readonly RouteStatus[] {
  const attached = routesByService(routes);
  return routes.filter(({ parents }) => parents.length > 0).map((route) => routeStatus(route, attached));
}

/** By service key, those that name it as a parent. */
export type AttachedByService = ReadonlyMap<string, readonly TranslatedRoute[]>;

export function routesByService(routes: readonly TranslatedRoute[]): AttachedByService {
  const byService = new Map<string, TranslatedRoute[]>();
  for (const route of routes) {
    for (const service of new Set(route.parents.map((parent) => parent.service))) {
      const attached = byService.get(service);
      if (attached === undefined) byService.set(service, [route]);
      else attached.push(route);
    }
  }
  return byService;
}

/** It depends on the route and on those that are attached to the same Services, and on nothing else. */
export function routeStatus(route: TranslatedRoute, attached: AttachedByService): RouteStatus {
  const { kind, metadata } = route.inputs.route.object;
  const conflicts = conflictsOf(route, (service) => attached.get(service) ?? []);
  const problems = route.rules.flatMap((rule) => [...rule.problems, ...rule.omissions]);
  const shared = [resolvedCondition(problems), ...invalidCondition(problems)];
  const parents = route.parents.map((parent) => {
    const lost = conflicts.find((conflict) => conflict.parent === parent);
    const conflict = lost !== undefined && lost.ports.length === parent.ports.length ? lost.problem : null;
    const conditions = [acceptedCondition(parent, conflict), ...shared];
    return { parentRef: parent.ref, controllerName: CONTROLLER_NAME, conditions };
  });
  return { kind, namespace: metadata.namespace, name: metadata.name, parents };
}

function acceptedCondition({ problem }: TranslatedParent, conflict: Problem | null): RouteCondition {
  const against = problem ?? conflict;
  if (against === null) return { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' };
  return { type: 'Accepted', status: 'False', reason: against.reason, message: against.message };
}

function resolvedCondition(problems: readonly Problem[]): RouteCondition {
  const first = problems.find(({ reason }) => OF_REFERENCES.includes(reason));
  if (first === undefined) return { type: 'ResolvedRefs', status: 'True', reason: 'ResolvedRefs', message: '' };
  return { type: 'ResolvedRefs', status: 'False', reason: first.reason, message: first.message };
}

/** Only where it is so: the rules concerned answer that they cannot be obeyed, or leave something out, and the others count. */
function invalidCondition(problems: readonly Problem[]): readonly RouteCondition[] {
  const first = problems.find(({ reason }) => reason === 'UnsupportedValue');
  if (first === undefined) return [];
  return [{ type: 'PartiallyInvalid', status: 'True', reason: first.reason, message: first.message }];
}
