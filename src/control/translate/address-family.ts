// IPv4 and IPv6: which of a dual-stack Service's addresses are used, and how an address is written in an authority.
import { isIP } from 'node:net';
import type { Service } from '../../kube/service.ts';

export type Family = 4 | 6;

/** The family of the Service's first ClusterIP; IPv4 where it has none. Kubernetes orders them by `ipFamilies`. */
export function primaryFamily(service: Service): Family {
  return isIP(service.spec.clusterIP ?? service.spec.clusterIPs[0] ?? '') === 6 ? 6 : 4;
}

/** As it stands in an authority: `10.0.0.1`, `[fd00::1]`, in the one form that each address has; null for what is no address. */
export function authorityOf(address: string): string | null {
  const family = isIP(address);
  if (family === 0) return null;
  if (family === 4) return address;
  const zone = address.indexOf('%');
  if (zone >= 0) return null;
  return new URL(`http://[${address}]/`).hostname;
}
