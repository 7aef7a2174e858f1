// Manifests of a Service `web` that keeps to zones, with three pods in each of two, and of its caller `front`, with two in each.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Answers with its zone, on every loopback address. */
export async function startZone(zone: string): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer((_request, response) => response.end(zone));
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return { port: (server.address() as AddressInfo).port, close: () => server.close().closeAllConnections() };
}

/** Of endpoints in one zone. */
export function slice(service: string, zone: string, addresses: readonly string[], port: number): string {
  const endpoints = addresses.map((address) => `{addresses: [${address}], zone: ${zone}}`);
  return `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ${service}-${zone}, labels: {kubernetes.io/service-name: ${service}}}
addressType: IPv4
ports: [{name: '', port: ${port}, protocol: TCP}]
endpoints: [${endpoints.join(', ')}]
`;
}

function service(name: string, selector: string): string {
  return `---
apiVersion: v1
kind: Service
metadata: {name: ${name}}
spec: {ports: [{port: 80}], selector: ${selector}}
`;
}

/** Of the caller. */
const POD = `---
apiVersion: v1
kind: Pod
metadata: {name: front-1, labels: {app: front, tier: edge}}
spec: {containers: [{name: app, image: none}]}
`;

const POLICY = `---
apiVersion: switchboard.dev/v1alpha1
kind: TrafficPolicy
metadata: {name: web}
spec:
  targetRefs: [{name: web}]
  loadBalancer: {type: round-robin, locality: zone-aware}
`;

const three = (net: number): string[] => [1, 2, 3].map((host) => `127.0.${net}.${host}`);

/** `east`, `west`: the port of the pods there. */
export function zoneMesh({ east, west }: { readonly east: number; readonly west: number }): readonly string[] {
  return [
    POD,
    service('front', '{app: front}'),
    service('front-edge', '{app: front, tier: edge}'),
    slice('front', 'east', ['127.0.9.1', '127.0.9.2'], 9),
    slice('front', 'west', ['127.0.9.3', '127.0.9.4'], 9),
    service('web', '{app: web}'),
    slice('web', 'east', three(1), east),
    slice('web', 'west', three(2), west),
    POLICY,
  ];
}
