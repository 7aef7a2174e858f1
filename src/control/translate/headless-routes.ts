// The pods of a headless Service, each under its own name and address.
import type { Service, ServicePort } from '../../kube/service.ts';
import { authorityOf } from './address-family.ts';
import { type Backend, compare } from './backend.ts';
import { type KnownRoutes, type ServiceRoute, serviceRoute } from './service-route.ts';
import { podTraffic, type ServiceTraffic } from './service-traffic.ts';
import { extraPorts } from './target-port.ts';

/** A pod more than this has no name of its own: each costs a cluster and a dozen domains in every namespace. */
export const MAX_NAMED_PODS = 1_000;

export interface HeadlessPort {
  readonly service: Service;
  readonly port: ServicePort;
  /** The TCP ports that the Service declares. */
  readonly declared: readonly number[];
  /** Of the Service port. */
  readonly traffic: ServiceTraffic;
  readonly clusterDomain: string;
  readonly known: KnownRoutes;
}

/**
 * One cluster per pod: by its host name, or as cluster DNS names one that has none (`10-0-0-5`), and by its address; on the Service port
 * and on the port of the pod. A pod that is not ready keeps its name, with no endpoint behind it.
 */
export function headlessRoutes(context: HeadlessPort, backends: readonly Backend[]): readonly ServiceRoute[] {
  const { service, port, declared, clusterDomain, known } = context;
  const { name, namespace } = service.metadata;
  // There is nothing to choose among the addresses of one pod.
  const traffic = podTraffic(context.traffic);
  return [...byLabel(backends)].slice(0, MAX_NAMED_PODS).map(([podLabel, members]) => {
    const addresses = [...new Set(members.flatMap(({ host }) => authorityOf(host) ?? []))];
    const names = { label: `${podLabel}.${name}`, namespace, clusterDomain, addresses };
    const extra = extraPorts(members, port, declared);
    return serviceRoute(
      names,
      { port, extra, backends: members, traffic, keepsSessions: traffic.session !== undefined, routes: [] },
      known,
    );
  });
}

/** Sorted, so that the order of routes says nothing about readiness. */
function byLabel(backends: readonly Backend[]): ReadonlyMap<string, readonly Backend[]> {
  const groups = new Map<string, Backend[]>();
  for (const backend of backends) {
    const label = backend.hostname === '' ? backend.host.replaceAll('.', '-').replaceAll(':', '-') : backend.hostname;
    groups.set(label, [...(groups.get(label) ?? []), backend]);
  }
  return new Map([...groups].sort(([left], [right]) => compare(left, right)));
}
