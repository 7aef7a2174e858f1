// CRDs of Gateway API's kinds for an API server of a test: any spec, and a status of its own.
import type { KubeResource } from '../../src/kube-api/kube-resource.ts';

/** As JSON. */
export function gatewayCrd({ kind, group, plural, version }: KubeResource): string {
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: open, status: open } } };
  return JSON.stringify({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    // Groups below k8s.io ask for a word of approval.
    metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved, for tests' } },
    spec: {
      ...{ group, scope: 'Namespaced', names: { kind, plural, singular: kind.toLowerCase() } },
      versions: [{ name: version, served: true, storage: true, schema, subresources: { status: {} } }],
    },
  });
}
