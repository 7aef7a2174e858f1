// bench/envoy-http1.yaml with its ports filled in: one file for Envoy and for our sidecar.
import { readFileSync } from 'node:fs';

const TEMPLATE = new URL('../envoy-http1.yaml', import.meta.url);

/** `listenPort` 0 = the system chooses; three upstreams. */
export function renderHttp1Bootstrap(listenPort: number, upstreamPorts: readonly number[]): string {
  return upstreamPorts.reduce(
    (text, port, index) => text.replace(`port_value: $UPSTREAM_PORT_${index + 1}`, `port_value: ${port}`),
    readFileSync(TEMPLATE, 'utf8').replace('port_value: $LISTEN_PORT', `port_value: ${listenPort}`),
  );
}
