// A filter chain whose connections go to one cluster, byte for byte.
import { DEFAULT_IDLE_TIMEOUT_MS, type FilterChainSpec } from '../../model/listener-spec.ts';

const MAX_CONNECT_ATTEMPTS = 3;

/** An endpoint that cannot be reached makes way for two others. */
export function tcpChain(statPrefix: string, cluster: string, hashesClients = false): FilterChainSpec {
  const tcp = { statPrefix, cluster, idleTimeoutMs: DEFAULT_IDLE_TIMEOUT_MS, maxConnectAttempts: MAX_CONNECT_ATTEMPTS };
  return { name: '', match: {}, filter: { kind: 'tcp', tcp: hashesClients ? { ...tcp, hashesClients } : tcp } };
}
