// What authorities mean in this mesh, seen from one namespace: the names of all Services, in few bytes each.
import { isIP } from 'node:net';
import type { ResourceChanges } from '../../model/config-sink.ts';
import { type DialledName, parseDialledName, searchSuffixes } from '../../model/names.ts';
import type { ServiceNamePort, ServiceNameSpec, ServicePortName } from '../../model/service-name-spec.ts';
import type { KnownNames } from './explain-miss.ts';

/**
 * A mesh may have tens of thousands of names of which a pod dials a handful, so each is kept as one text of its ports and addresses, which is
 * taken apart when somebody asks for it.
 */
export class NameTable implements KnownNames {
  readonly #clusterDomain: string;
  readonly #suffixes: readonly string[];
  readonly #names = new Map<string, string>();
  /** Address → names, in the order in which they may claim it. Made when the first address is dialled: pods mostly dial names. */
  #byAddress: Map<string, readonly string[]> | null = null;
  #synced = false;

  constructor(namespace: string, clusterDomain: string) {
    this.#clusterDomain = clusterDomain;
    this.#suffixes = searchSuffixes(namespace, clusterDomain);
  }

  get size(): number {
    return this.#names.size;
  }

  /** All names have been told once: what is not here is no name. */
  get synced(): boolean {
    return this.#synced;
  }

  apply({ upserted, removed }: ResourceChanges<ServiceNameSpec>): void {
    this.#synced = true;
    for (const name of removed) {
      this.#unlist(name);
      this.#names.delete(name);
    }
    for (const spec of upserted) {
      this.#unlist(spec.name);
      this.#names.set(spec.name, pack(spec));
      if (this.#byAddress !== null) this.#list(spec, this.#byAddress);
    }
  }

  /**
   * The Service port that a call to `authority` means, as a resolver in a pod of the namespace would find it: an address, then the search
   * list. Where the first name that is found has no such port, the next one may.
   */
  resolve(authority: string): ServicePortName | null {
    const dialled = parseDialledName(authority);
    if (dialled === null) return null;
    const owner = this.#ownerOf(dialled);
    if (owner !== null) return owner;
    for (const suffix of this.#suffixes) {
      const host = `${dialled.name}${suffix}`;
      const port = findPort(this.#names.get(host), dialled.port, null);
      if (port !== null) return { host, port };
    }
    return null;
  }

  has({ host, port }: ServicePortName): boolean {
    return findPort(this.#names.get(host), port, null) !== null;
  }

  /** The address of its own that a Service has, as an IP literal; null for headless ones, pods of them, and whoever else has none. */
  vipOf({ host, port }: ServicePortName): string | null {
    const packed = this.#names.get(host);
    const end = `.svc.${this.#clusterDomain}`;
    if (packed === undefined || host.slice(0, -end.length).split('.').length !== 2) return null;
    const { addresses, ports } = unpack(host, packed);
    const [address] = ports.find(({ number }) => number === port)?.addresses ?? addresses;
    return address === undefined ? null : address.replace('[', '').replace(']', '');
  }

  portsOf(name: string): readonly string[] {
    const plain = name.endsWith('.') ? name.slice(0, -1) : name;
    for (const suffix of this.#suffixes) {
      const packed = this.#names.get(`${plain}${suffix}`);
      if (packed !== undefined) return unpackPorts(packed).map(({ number }) => String(number));
    }
    return [];
  }

  /** In the form in which `asked` is written: what stands behind it is not compared. */
  *namesLike(asked: string): Generator<string> {
    const [own = '', services = '', domain = ''] = this.#suffixes;
    const taken = asked.endsWith(services) ? '' : asked.endsWith('.svc') ? domain : services;
    for (const host of this.#names.keys()) {
      if (taken === services && host.endsWith(own)) yield host.slice(0, -own.length);
      if (asked.includes('.') && host.endsWith(taken)) yield host.slice(0, host.length - taken.length);
    }
  }

  #ownerOf({ name, port, dotted }: DialledName): ServicePortName | null {
    if (dotted || (!name.startsWith('[') && isIP(name) === 0)) return null;
    this.#byAddress ??= this.#listAll();
    for (const host of this.#byAddress.get(name) ?? []) {
      const servicePort = findPort(this.#names.get(host), port, name);
      if (servicePort !== null) return { host, port: servicePort };
    }
    return null;
  }

  #listAll(): Map<string, readonly string[]> {
    const byAddress = new Map<string, readonly string[]>();
    for (const [host, packed] of this.#names) this.#list(unpack(host, packed), byAddress);
    return byAddress;
  }

  #list(spec: ServiceNameSpec, byAddress: Map<string, readonly string[]>): void {
    for (const address of addressesOf(spec)) {
      const hosts = byAddress.get(address) ?? [];
      byAddress.set(address, hosts.length === 0 ? [spec.name] : this.#inOrder([...hosts, spec.name]));
    }
  }

  #unlist(host: string): void {
    const packed = this.#names.get(host);
    if (this.#byAddress === null || packed === undefined) return;
    for (const address of addressesOf(unpack(host, packed))) {
      const left = (this.#byAddress.get(address) ?? []).filter((other) => other !== host);
      if (left.length === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    }
  }

  /** As the control plane orders them for its other clients: by namespace and name of their Services, a Service before its pods. */
  #inOrder(hosts: readonly string[]): readonly string[] {
    const end = `.svc.${this.#clusterDomain}`.length;
    const keyed = hosts.map((host) => {
      const labels = host.slice(0, -end).split('.').reverse();
      return { host, key: labels.join(' ') };
    });
    return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ host }) => host);
  }
}

/** `10.0.0.1 80 8080>80`: addresses, then ports; `8080>80@10.0.0.1` where a port has addresses of its own. Flat text, not a chain of pieces. */
function pack({ addresses, ports }: ServiceNameSpec): string {
  const packed = ports.map(({ number, servicePort, addresses: own }) => {
    const leadsTo = servicePort === number ? '' : `>${servicePort}`;
    return `${number}${leadsTo}${own === undefined ? '' : `@${own.join()}`}`;
  });
  return [addresses.join(), ...packed].join(' ');
}

function unpack(name: string, packed: string): ServiceNameSpec {
  const [addresses = ''] = packed.split(' ', 1);
  return { name, addresses: split(addresses), ports: unpackPorts(packed) };
}

function unpackPorts(packed: string): readonly ServiceNamePort[] {
  const [, ...ports] = packed.split(' ');
  return ports.map((text) => {
    const [numbers = '', own] = text.split('@');
    const [number = '', servicePort = number] = numbers.split('>');
    const port = { number: Number(number), servicePort: Number(servicePort) };
    return own === undefined ? port : { ...port, addresses: split(own) };
  });
}

/** The Service port behind `number`; where it is dialled by an address, that must be one of the port's. */
function findPort(packed: string | undefined, number: number, address: string | null): number | null {
  if (packed === undefined) return null;
  const found = unpackPorts(packed).find(
    (port) =>
      port.number === number && (address === null || port.addresses === undefined || port.addresses.includes(address)),
  );
  return found?.servicePort ?? null;
}

function addressesOf({ addresses, ports }: ServiceNameSpec): ReadonlySet<string> {
  return new Set([...addresses, ...ports.flatMap((port) => port.addresses ?? [])]);
}

function split(list: string): readonly string[] {
  return list === '' ? [] : list.split(',');
}
