// The object that a reference of Gateway API names as a backend.
import { type Fields, PORT_RANGE, withoutUndefined } from './fields.ts';

/** Source: gateway.networking.k8s.io/v1.BackendObjectReference. */
export interface BackendObject {
  readonly group: string;
  readonly kind: string;
  /** Absent = that of the route. */
  readonly namespace?: string;
  readonly name: string;
  /** Of a Service it is there always. */
  readonly port?: number;
}

export function readBackendObject(fields: Fields | undefined): BackendObject {
  if (fields === undefined) return { group: '', kind: 'Service', name: '' };
  const backend = withoutUndefined({
    group: fields.textOr('group', ''),
    kind: fields.textOr('kind', 'Service'),
    namespace: fields.text('namespace'),
    name: fields.requiredText('name'),
    port: fields.integer('port', PORT_RANGE),
  });
  if (isService(backend) && !fields.has('port')) fields.report('port', 'is missing', 'add the port of the Service');
  return backend;
}

export function isService({ group, kind }: { readonly group: string; readonly kind: string }): boolean {
  return group === '' && kind === 'Service';
}
