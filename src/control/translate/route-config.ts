// The route configuration of one namespace: every name form as seen from there, each domain once.
import { isDeepStrictEqual } from 'node:util';
import { proxyRouteName } from '../../model/names.ts';
import type { RouteConfigSpec, VirtualHostSpec } from '../../model/route-spec.ts';
import type { HostView, SearchStep } from './named-host.ts';
import { sameItems } from './service-inputs.ts';

/**
 * `views` in their order, as seen from `namespace`. A domain that two of them claim goes to the one that a resolver would find first, and
 * of equals to the first in order. Where nothing changed since `before`, it is `before`.
 */
export function routeConfigOf(
  namespace: string,
  views: readonly HostView[],
  before: RouteConfigSpec | null,
): RouteConfigSpec {
  const lost = lostDomains(views);
  const known = lost.size === 0 ? null : new Map(before?.virtualHosts.map((host) => [host.name, host]));
  const virtualHosts = views.flatMap((view) => {
    const domains = lost.get(view);
    return domains === undefined ? view.spec : (without(view.spec, domains, known?.get(view.spec.name)) ?? []);
  });
  if (before !== null && sameItems(before.virtualHosts, virtualHosts)) return before;
  return { name: proxyRouteName(namespace), virtualHosts };
}

/** The domains that each view has to leave to another. */
function lostDomains(views: readonly HostView[]): Map<HostView, Set<string>> {
  const owners = new Map<string, { readonly view: HostView; readonly step: SearchStep }>();
  const lost = new Map<HostView, Set<string>>();
  for (const view of views) {
    for (let i = 0; i < view.spec.domains.length; i++) {
      const domain = view.spec.domains[i] ?? '';
      const claim = { view, step: view.steps[i] ?? 4 };
      const owner = owners.get(domain);
      if (owner === undefined) owners.set(domain, claim);
      else if (claim.step < owner.step) {
        owners.set(domain, claim);
        lose(lost, owner.view, domain);
      } else lose(lost, view, domain);
    }
  }
  return lost;
}

function lose(lost: Map<HostView, Set<string>>, view: HostView, domain: string): void {
  const domains = lost.get(view) ?? new Set();
  domains.add(domain);
  lost.set(view, domains);
}

/** Null where nothing is left. */
function without(
  spec: VirtualHostSpec,
  lost: ReadonlySet<string>,
  before: VirtualHostSpec | undefined,
): VirtualHostSpec | null {
  const rest = { ...spec, domains: spec.domains.filter((domain) => !lost.has(domain)) };
  if (rest.domains.length === 0) return null;
  return before !== undefined && isDeepStrictEqual(before, rest) ? before : rest;
}
