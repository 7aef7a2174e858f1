// Which protocols a listener offers to callers in a handshake (ALPN).
import type { NetworkFilterSpec } from '../../model/listener-spec.ts';
import type { DownstreamTlsSpec } from '../../model/tls-spec.ts';

const HTTP2: readonly string[] = ['h2'];
const HTTP1: readonly string[] = ['http/1.1', 'http/1.0'];

/**
 * What the configuration lists, but for what the connection manager behind it would not understand; where it lists nothing, what that one
 * speaks. Most wanted first.
 */
export function offeredProtocols(
  { applicationProtocols }: DownstreamTlsSpec,
  filter: NetworkFilterSpec,
): readonly string[] {
  if (filter.kind === 'tcp') return applicationProtocols;
  const { codec } = filter.http;
  const unspoken = codec === 'http1' ? HTTP2 : codec === 'http2' ? HTTP1 : [];
  const listed = applicationProtocols.length === 0 ? ['h2', 'http/1.1'] : applicationProtocols;
  return listed.filter((name) => !unspoken.includes(name));
}
