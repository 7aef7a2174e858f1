// ReferenceGrant of Gateway API: who may refer to objects of its namespace.
import { type Fields, withoutUndefined } from './fields.ts';
import { NAMESPACED, type ObjectMeta, readMeta } from './meta.ts';

/** Source: gateway.networking.k8s.io/v1.ReferenceGrant. */
export interface ReferenceGrant {
  readonly apiVersion: 'gateway.networking.k8s.io/v1';
  readonly kind: 'ReferenceGrant';
  readonly metadata: ObjectMeta;
  readonly spec: {
    readonly from: readonly { readonly group: string; readonly kind: string; readonly namespace: string }[];
    /** Without `name`: all of that kind. */
    readonly to: readonly { readonly group: string; readonly kind: string; readonly name?: string }[];
  };
}

export function readReferenceGrant(fields: Fields): ReferenceGrant {
  const spec = fields.requiredMap('spec');
  return {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'ReferenceGrant',
    metadata: readMeta(fields.requiredMap('metadata'), NAMESPACED),
    spec: {
      from:
        spec?.list('from', (item) => ({
          group: item.textOr('group', ''),
          kind: item.requiredText('kind'),
          namespace: item.requiredText('namespace'),
        })) ?? [],
      to:
        spec?.list('to', (item) =>
          withoutUndefined({
            group: item.textOr('group', ''),
            kind: item.requiredText('kind'),
            name: item.text('name'),
          }),
        ) ?? [],
    },
  };
}
