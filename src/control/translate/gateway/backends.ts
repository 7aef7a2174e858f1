// Where the rules of a route send requests: clusters of Services, and the share that goes nowhere because its backend cannot be used.
import type { BackendReference } from '../../../kube/route-refs.ts';
import type { HeaderChangesSpec } from '../../../model/header-changes-spec.ts';
import { policedTraffic } from '../../policy/policed-traffic.ts';
import { type ServiceAction, serviceAction } from '../service-action.ts';
import { headerChanges } from './header-modifiers.ts';
import type { Problem } from './problem.ts';
import { type RouteInputs, serviceKey } from './route-inputs.ts';
import { type FoundService, findService, routeReferrer } from './service-references.ts';

export interface RouteBackend {
  readonly cluster: string;
  /** > 0. */
  readonly weight: number;
  /** What is changed for this backend alone. */
  readonly headers?: HeaderChangesSpec;
  /** What keeps requests of one caller together, as the Service or its TrafficPolicies say it. */
  readonly affinity: Pick<ServiceAction, 'hashPolicies' | 'session'>;
}

export interface RouteBackends {
  readonly usable: readonly RouteBackend[];
  /** Weight of those that are not. */
  readonly failedWeight: number;
  readonly problems: readonly Problem[];
}

export function translateBackends(
  inputs: RouteInputs,
  refs: readonly BackendReference[],
  path: string,
  clusterDomain: string,
): RouteBackends {
  const usable: RouteBackend[] = [];
  const problems: Problem[] = [];
  const referrer = routeReferrer(inputs);
  let failedWeight = 0;
  for (const [index, ref] of refs.entries()) {
    const at = `${path}.backendRefs[${index}]`;
    const found = findService(referrer, ref, at, clusterDomain);
    const { headers, problems: own } = headerChanges(ref.filters, `${at}.filters`, [], 'for one backend alone');
    if (!('cluster' in found)) problems.push(found);
    problems.push(...own);
    if (!('cluster' in found) || own.length > 0) failedWeight += ref.weight;
    else if (ref.weight > 0) {
      const changes = headers === null ? {} : { headers };
      usable.push({ cluster: found.cluster, weight: ref.weight, ...changes, affinity: affinityOf(inputs, found) });
    }
  }
  return { usable, failedWeight, problems };
}

function affinityOf({ policies }: RouteInputs, { service, port }: FoundService): RouteBackend['affinity'] {
  const { namespace, name } = service.object.metadata;
  const traffic = policedTraffic(service, policies.get(serviceKey(namespace, name)) ?? [], null).trafficOf(port);
  const { hashPolicies, session } = serviceAction(traffic);
  return { ...(hashPolicies === undefined ? {} : { hashPolicies }), ...(session === undefined ? {} : { session }) };
}
