// Which ClusterIP belongs to which Service.
import { errorIssue, type Issue } from '../../base/result.ts';
import { type Located, placeOf } from '../../kube/meta.ts';
import { keyOf, renderKey } from '../../kube/objects.ts';
import { isHeadless, type Service } from '../../kube/service.ts';
import { authorityOf } from './address-family.ts';
import { compare } from './backend.ts';

export interface ClusterIps {
  /** For each Service the addresses that are its own, as authorities; Services without any are not in it. */
  readonly owned: ReadonlyMap<Located<Service>, readonly string[]>;
  readonly issues: readonly Issue[];
}

/**
 * An address that two Services name stays with the older one (creationTimestamp; one that has none counts as younger), of equals with the
 * first by namespace and name; the other answers to its names only.
 */
export function clusterIpsOf(services: readonly Located<Service>[]): ClusterIps {
  const owners = new Map<string, Located<Service>>();
  const owned = new Map<Located<Service>, string[]>();
  const issues: Issue[] = [];
  for (const service of [...services].sort(byAge)) {
    for (const { ip, path } of addressesOf(service.object)) {
      const authority = authorityOf(ip);
      const owner = authority === null ? undefined : owners.get(authority);
      if (owner === service) continue;
      if (authority === null) issues.push(invalidIssue(service, ip, path));
      else if (owner !== undefined) issues.push(takenIssue(service, ip, path, owner));
      else {
        owners.set(authority, service);
        owned.set(service, [...(owned.get(service) ?? []), authority]);
      }
    }
  }
  return { owned, issues };
}

function addressesOf(service: Service): readonly { readonly ip: string; readonly path: string }[] {
  const { type, clusterIP, clusterIPs } = service.spec;
  if (type === 'ExternalName' || isHeadless(service)) return [];
  const first = clusterIP === undefined || clusterIP === '' ? [] : [{ ip: clusterIP, path: 'spec.clusterIP' }];
  const all = clusterIPs.map((ip, index) => ({ ip, path: `spec.clusterIPs[${index}]` }));
  return [...first, ...all.filter(({ ip }) => ip !== '' && ip !== clusterIP)];
}

function byAge(left: Located<Service>, right: Located<Service>): number {
  return compare(ageKey(left.object), ageKey(right.object));
}

/** `~` sorts behind every time. RFC 3339 in UTC, as the API server writes it, sorts as text. */
function ageKey({ metadata }: Service): string {
  return `${metadata.creationTimestamp ?? '~'} ${metadata.namespace} ${metadata.name}`;
}

function invalidIssue(service: Located<Service>, ip: string, path: string): Issue {
  return errorIssue(`"${ip}" is no IP address; the Service answers to its names only`, {
    ...placeOf(service, path),
    remedy: 'remove it, or write an IPv4 or IPv6 address or None',
  });
}

function takenIssue(service: Located<Service>, ip: string, path: string, owner: Located<Service>): Issue {
  const place = placeOf(owner, 'spec.clusterIP');
  const where = place.line === undefined ? (place.source ?? '') : `${place.source}:${place.line}`;
  const [mine, other] = [renderKey(keyOf(service.object)), renderKey(keyOf(owner.object))];
  return errorIssue(`${ip} of ${mine} belongs to ${other} already (${where}); ${mine} answers to its names only`, {
    ...placeOf(service, path),
    remedy: 'remove it from one of them, or choose another address',
  });
}
