// Whose x-envoy-… headers count in one listener, compiled, and what each of its requests asks for.
import { BlockList, isIP } from 'node:net';
import type { EnvoyHeadersSpec } from '../../model/envoy-headers-spec.ts';
import type { CidrRangeSpec } from '../../model/filter-chain-match-spec.ts';
import type { RequestHead } from '../codec/head.ts';
import type { RouteEntry } from '../route/route-entry.ts';
import { CallerWishes } from './caller-wishes.ts';

const FORWARDED_FOR = 'x-forwarded-for';

/** By family: a BlockList would take IPv4 addresses for IPv6 ones of ::ffff:0:0/96. */
type Ranges = ReadonlyMap<4 | 6, BlockList>;

export class EnvoyHeaders {
  readonly #spec: EnvoyHeadersSpec;
  readonly #internal: Ranges;

  private constructor(spec: EnvoyHeadersSpec) {
    this.#spec = spec;
    this.#internal = compileRanges(spec.internal);
  }

  /** Null = nobody's count. */
  static compile(spec: EnvoyHeadersSpec | undefined): EnvoyHeaders | null {
    return spec === undefined ? null : new EnvoyHeaders(spec);
  }

  /** `remote`: of the connection, `host:port`. `address`: what pods know its caller by; null = nobody knows. */
  hear(head: RequestHead, entry: RouteEntry, remote: string, address: string | null): CallerWishes {
    const { caller, addsForwardedFor } = this.#spec;
    const internal = this.#isInternal(head, remote);
    const place = {
      internal,
      atEdge: caller === 'connection' && !internal,
      host: hostIn(remote),
      forwardedFor: addsForwardedFor === true ? address : null,
    };
    return new CallerWishes(head, entry, this.#spec, place);
  }

  /** Of several addresses nobody knows which one to trust. Source: Envoy's x-envoy-internal. */
  #isInternal(head: RequestHead, remote: string): boolean {
    const field = head.find(FORWARDED_FOR);
    if (this.#spec.caller === 'connection') return field < 0 && this.#isInside(hostIn(remote));
    return field >= 0 && head.find(FORWARDED_FOR, field + 1) < 0 && this.#isInside(head.valueAt(field));
  }

  #isInside(host: string): boolean {
    const family = isIP(host);
    if (family !== 4 && family !== 6) return false;
    return this.#internal.get(family)?.check(host, family === 4 ? 'ipv4' : 'ipv6') === true;
  }
}

function compileRanges(ranges: readonly CidrRangeSpec[]): Ranges {
  const compiled = new Map<4 | 6, BlockList>();
  for (const { address, prefixLength } of ranges) {
    const family = isIP(address) === 6 ? 6 : 4;
    const list = compiled.get(family) ?? new BlockList();
    compiled.set(family, list);
    list.addSubnet(address, prefixLength, family === 4 ? 'ipv4' : 'ipv6');
  }
  return compiled;
}

const MAPPED_IPV4 = '::ffff:';

function hostIn(remote: string): string {
  const host = remote.slice(0, Math.max(0, remote.lastIndexOf(':')));
  return host.startsWith(MAPPED_IPV4) ? host.slice(MAPPED_IPV4.length) : host;
}
