// What the pods behind a Service port speak, as its author has said.
import type { ServicePort } from '../../kube/service.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';

/** Names that mean HTTP/2 without TLS. Source: KEP-3726 (kubernetes.io/h2c); the others by custom. */
const HTTP2: ReadonlySet<string> = new Set(['kubernetes.io/h2c', 'h2c', 'http2', 'grpc']);

/** `appProtocol` counts, else the port's name up to its first dash (`grpc-web` is another protocol). Absent = HTTP/1.1. */
export function protocolOf({ appProtocol, name }: Pick<ServicePort, 'appProtocol' | 'name'>): ClusterSpec['protocol'] {
  const said = appProtocol ?? (name?.startsWith('grpc-web') ? '' : (name ?? '').split('-', 1)[0]);
  return HTTP2.has(said ?? '') ? 'http2' : undefined;
}
