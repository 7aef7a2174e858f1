// ReferenceGrants by the namespace whose objects they let others refer to.
import type { Located } from '../kube/meta.ts';
import type { ReferenceGrant } from '../kube/reference-grant.ts';

export class GrantIndex {
  readonly #byNamespace = new Map<string, Map<string, Located<ReferenceGrant>>>();

  set(grant: Located<ReferenceGrant>): void {
    const { namespace, name } = grant.object.metadata;
    const grants = this.#byNamespace.get(namespace) ?? new Map<string, Located<ReferenceGrant>>();
    this.#byNamespace.set(namespace, grants.set(name, grant));
  }

  delete({ metadata: { namespace, name } }: ReferenceGrant): void {
    const grants = this.#byNamespace.get(namespace);
    grants?.delete(name);
    if (grants?.size === 0) this.#byNamespace.delete(namespace);
  }

  of(namespaces: Iterable<string>): readonly Located<ReferenceGrant>[] {
    return [...new Set(namespaces)].flatMap((namespace) => [...(this.#byNamespace.get(namespace)?.values() ?? [])]);
  }
}
