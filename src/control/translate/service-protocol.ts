// What the pods behind a Service port speak, as its author has said.
import type { ServicePort } from '../../kube/service.ts';
import type { AppProtocol, ClusterSpec } from '../../model/cluster-spec.ts';

export type PortProtocol = Required<Pick<ClusterSpec, 'appProtocol'>> & Pick<ClusterSpec, 'protocol'>;

/** HTTP/2 without TLS. Source: KEP-3726 (kubernetes.io/h2c); the others by custom. */
const HTTP2: readonly string[] = ['kubernetes.io/h2c', 'h2c', 'http2', 'grpc'];

/** Source: KEP-3726 (kubernetes.io/ws); the others by custom. */
const HTTP1: readonly string[] = ['kubernetes.io/ws', 'http', 'http1', 'ws', 'grpc-web'];

/** Nobody but the pod can look into them, or they are something else. Source: KEP-3726, and IANA's names of services. */
const BYTES: readonly string[] = [
  ...['kubernetes.io/wss', 'https', 'wss', 'tls', 'tcp'],
  ...[
    'amqp',
    'amqps',
    'cassandra',
    'ftp',
    'imap',
    'imaps',
    'kafka',
    'ldap',
    'ldaps',
    'mongo',
    'mongodb',
    'mqtt',
    'ms-sql-s',
  ],
  ...['mysql', 'nats', 'pop3', 'pop3s', 'postgres', 'postgresql', 'redis', 'smtp', 'smtps', 'ssh', 'submission'],
];

const SAID: ReadonlyMap<string, PortProtocol> = new Map<string, PortProtocol>([
  ...HTTP2.map((name) => [name, { appProtocol: 'http', protocol: 'http2' }] as const),
  ...HTTP1.map((name) => [name, { appProtocol: 'http' }] as const),
  ...BYTES.map((name) => [name, { appProtocol: 'tcp' }] as const),
]);

const UNSAID: PortProtocol = { appProtocol: 'detect' satisfies AppProtocol };

/** `appProtocol` counts, else the port's name, whole or up to its first dash. What is not known here says nothing. */
export function protocolOf({ appProtocol, name = '' }: Pick<ServicePort, 'appProtocol' | 'name'>): PortProtocol {
  if (appProtocol !== undefined) return SAID.get(appProtocol.toLowerCase()) ?? UNSAID;
  const prefix = name.startsWith('grpc-web') ? 'grpc-web' : (name.split('-', 1)[0] ?? '');
  return SAID.get(prefix) ?? UNSAID;
}
