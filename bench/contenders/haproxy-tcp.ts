// HAProxy in its TCP mode: one thread, round robin.
import { haproxyConfigured } from './haproxy.ts';

export const haproxyTcp = haproxyConfigured(configuration);

function configuration(port: number, upstreamPorts: readonly number[]): string {
  return `global
  nbthread 1
  maxconn 8192

defaults
  mode tcp
  timeout connect 1s
  timeout client 1m
  timeout server 1m

listen downstream
  bind 127.0.0.1:${port}
  balance roundrobin
${upstreamPorts.map((upstream, index) => `  server backend-${index + 1} 127.0.0.1:${upstream}`).join('\n')}
`;
}
