// What a client was told of one type, with a version for the whole.
import type { EncodedResource } from '../cache/encoded-resource.ts';

/** The same names and contents have the same version, in whatever order they came, on every replica and after every restart. */
export class SentResources {
  readonly #byName = new Map<string, EncodedResource>();
  /** The digests of all, in one. Names are unique, so nothing cancels itself out but what is no longer there. */
  #digest = 0n;

  get byName(): ReadonlyMap<string, EncodedResource> {
    return this.#byName;
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  get(name: string): EncodedResource | undefined {
    return this.#byName.get(name);
  }

  add(resource: EncodedResource): void {
    this.delete(resource.name);
    this.#byName.set(resource.name, resource);
    this.#digest ^= resource.digest;
  }

  delete(name: string): void {
    this.#digest ^= this.#digestOf(name);
    this.#byName.delete(name);
  }

  /** The version when `changed` will have been added and `removed` deleted, without a name in both. */
  versionAfter(changed: readonly EncodedResource[], removed: readonly string[]): string {
    let digest = this.#digest;
    for (const resource of changed) digest ^= resource.digest ^ this.#digestOf(resource.name);
    for (const name of removed) digest ^= this.#digestOf(name);
    return digest.toString(16).padStart(16, '0');
  }

  #digestOf(name: string): bigint {
    return this.#byName.get(name)?.digest ?? 0n;
  }
}
