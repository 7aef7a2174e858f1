// Virtual hosts with all the names that they answer to, as seen from their own namespace and from others.
import type { FilterOverridesSpec } from '../../model/http-filter-spec.ts';
import { portRouteName, searchSuffixes, serviceHost } from '../../model/names.ts';
import type { RouteSpec, VirtualHostSpec } from '../../model/route-spec.ts';

/**
 * How early a resolver in a pod would find a name: addresses, then the steps of its search list (`<ns>.svc.<domain>`, `svc.<domain>`,
 * `<domain>`), then the full name. Where two hosts claim one name, the earlier step wins.
 */
export type SearchStep = 0 | 1 | 2 | 3 | 4;

export interface HostView {
  readonly spec: VirtualHostSpec;
  /** One for each of `spec.domains`. */
  readonly steps: readonly SearchStep[];
}

export interface NamedHost {
  /** From its own namespace: short names too. */
  readonly own: HostView;
  /** From any other. */
  readonly foreign: HostView;
  /** From namespaces whose callers have routes of their own, in the place of `foreign`. */
  readonly consumers: ReadonlyMap<string, HostView>;
}

/** By namespace of the caller; '' = every other. */
export type RoutesByCaller = ReadonlyMap<string, readonly RouteSpec[]>;

export const EVERYBODY = '';

export interface HostNames {
  /** What stands before the namespace: `svc`, or `pod.svc` of a headless Service. */
  readonly label: string;
  readonly namespace: string;
  readonly clusterDomain: string;
  /** As authorities, IPv6 in brackets. */
  readonly addresses: readonly string[];
}

interface Form {
  readonly name: string;
  readonly step: SearchStep;
}

/**
 * The first of `ports` is the Service port that names the virtual host; all of them have its `routes`. A name without a port means 80. `filters`: what
 * is said of HTTP filters.
 */
export function namedHost(
  names: HostNames,
  ports: readonly number[],
  routes: RoutesByCaller,
  filters?: FilterOverridesSpec,
): NamedHost {
  const full = serviceHost(names.label, names.namespace, names.clusterDomain);
  const addresses: Form[] = names.addresses.map((name) => ({ name, step: 0 }));
  // What a resolver appends to find the full name, taken off it again.
  const forms = searchSuffixes(names.namespace, names.clusterDomain).map((suffix, at) => ({
    name: full.slice(0, full.length - suffix.length),
    step: (at + 1) as SearchStep,
  }));
  const name = portRouteName(ports[0] ?? 0, full);
  const all = routes.get(EVERYBODY) ?? [];
  const saying = { name, routes: all, ...(filters === undefined ? {} : { filters }) };
  // A short name means the caller's own namespace.
  const foreign = hostView(saying, forms.slice(1), addresses, ports);
  const consumers = new Map<string, HostView>();
  for (const [namespace, own] of routes) {
    if (namespace !== EVERYBODY) consumers.set(namespace, { ...foreign, spec: { ...foreign.spec, routes: own } });
  }
  return { own: hostView(saying, forms, addresses, ports), foreign, consumers };
}

function hostView(
  { name, ...rest }: Omit<VirtualHostSpec, 'domains'>,
  names: readonly Form[],
  addresses: readonly Form[],
  ports: readonly number[],
): HostView {
  // A final dot says that a name is whole; callers write it with every form, so every form answers to it.
  const dotted = names.flatMap((form) => [form, { name: `${form.name}.`, step: form.step }]);
  const all = [...dotted, ...addresses].flatMap((form) => withPorts(form, ports));
  return { spec: { name, domains: all.map((form) => form.name), ...rest }, steps: all.map((form) => form.step) };
}

function withPorts({ name, step }: Form, ports: readonly number[]): Form[] {
  return ports.flatMap((port) => {
    const exact = { name: `${name}:${port}`, step };
    return port === 80 ? [{ name, step }, exact] : [exact];
  });
}
