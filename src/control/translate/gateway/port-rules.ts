// The routes of one Service port, of all routes that are attached to it: for everybody, and for callers of namespaces that have their own.
import type { RouteSpec } from '../../../model/route-spec.ts';
import { compare } from '../backend.ts';
import { defaultRoutes, type ServiceAction } from '../service-action.ts';
import { serviceKey } from './route-inputs.ts';
import { routeSpecs } from './route-specs.ts';
import { compareRanks, type RankedMatch } from './rule-matches.ts';
import type { TranslatedRoute } from './translate-route.ts';
import type { TranslatedRule } from './translate-rule.ts';

/** In the order in which they are tried. What none of them takes is answered 404. */
export interface PortRules {
  /** Null: nobody has said anything. */
  readonly everybody: readonly RouteSpec[] | null;
  /** By namespace of the caller, instead of the others. */
  readonly consumers: Readonly<Record<string, readonly RouteSpec[]>>;
}

export interface RuledPort {
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  readonly cluster: string;
  readonly action: ServiceAction;
}

/** Null where no route is attached to the port. */
export function portRules(routes: readonly TranslatedRoute[], port: RuledPort): PortRules | null {
  const attached = routes.filter((route) => isAttached(route, port));
  if (attached.length === 0) return null;
  const groups = new Map<string, TranslatedRoute[]>();
  for (const route of attached) {
    const { namespace } = route.inputs.route.object.metadata;
    groups.set(namespace, [...(groups.get(namespace) ?? []), route]);
  }
  const own = groups.get(port.namespace);
  groups.delete(port.namespace);
  return {
    everybody: own === undefined ? null : mergedRoutes(own, port),
    consumers: Object.fromEntries(Array.from(groups, ([namespace, group]) => [namespace, mergedRoutes(group, port)])),
  };
}

export function isAttached(
  { parents }: TranslatedRoute,
  { namespace, service, port }: Omit<RuledPort, 'cluster' | 'action'>,
): boolean {
  const key = serviceKey(namespace, service);
  return parents.some((parent) => parent.service === key && parent.ports.includes(port));
}

interface Candidate {
  readonly ranked: RankedMatch;
  readonly rule: TranslatedRule;
  readonly route: TranslatedRoute;
}

/** Bytes that nobody looks into go where they always did. */
function mergedRoutes(group: readonly TranslatedRoute[], port: RuledPort): readonly RouteSpec[] {
  const tunnels = defaultRoutes(port.cluster, port.action).filter(({ match }) => match.connect === true);
  const candidates = strongest(group).flatMap((route) =>
    route.rules.flatMap((rule) => rule.matches.map((ranked): Candidate => ({ ranked, rule, route }))),
  );
  // The sort keeps the order of rules and matches where it finds no difference.
  candidates.sort((left, right) => compareRanks(left.ranked.rank, right.ranked.rank) || compareAge(left, right));
  return [...tunnels, ...candidates.flatMap(({ rule, ranked }) => routeSpecs(rule, ranked.match, port))];
}

/** Of several kinds one counts: what knows more of the protocol. Source: GEP-1426, Route types. */
export function strongest(group: readonly TranslatedRoute[]): readonly TranslatedRoute[] {
  const grpc = group.filter(({ inputs }) => inputs.route.object.kind === 'GRPCRoute');
  return grpc.length > 0 ? grpc : group;
}

/** The older first, then by namespace and name. Source: gateway.networking.k8s.io/v1.HTTPRouteRule.matches. */
function compareAge(left: Candidate, right: Candidate): number {
  const [a, b] = [left.route.inputs.route.object.metadata, right.route.inputs.route.object.metadata];
  return compare(a.creationTimestamp ?? '', b.creationTimestamp ?? '') || compare(keyOf(a), keyOf(b));
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
