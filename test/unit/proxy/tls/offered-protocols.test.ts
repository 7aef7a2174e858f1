// Promises of ALPN: what a listener offers is what stands behind it.
import { httpChain, type NetworkFilterSpec } from '../../../../src/model/listener-spec.ts';
import { offeredProtocols } from '../../../../src/proxy/tls/offered-protocols.ts';

const NONE = { kind: 'inline', text: '' } as const;

function offered(
  codec: 'auto' | 'http1' | 'http2' | 'tcp',
  applicationProtocols: readonly string[],
): readonly string[] {
  const http = {
    statPrefix: '',
    routes: { kind: 'rds', name: '' },
    idleTimeoutMs: 0,
    requestHeadersTimeoutMs: 0,
  } as const;
  const filter: NetworkFilterSpec =
    codec === 'tcp'
      ? { kind: 'tcp', tcp: { statPrefix: '', cluster: '', idleTimeoutMs: 0, maxConnectAttempts: 1 } }
      : httpChain(codec === 'auto' ? http : { ...http, codec }).filter;
  const certificate = { chain: NONE, privateKey: NONE };
  const versions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' } as const;
  return offeredProtocols({ ...versions, certificate, applicationProtocols, requireClientCertificate: false }, filter);
}

describe('ALPN of a listener', () => {
  it.each([
    ['auto', [], ['h2', 'http/1.1']],
    ['http1', [], ['http/1.1']],
    ['http2', [], ['h2']],
    ['tcp', [], []],
    ['auto', ['http/1.1'], ['http/1.1']],
    ['http1', ['h2', 'http/1.1'], ['http/1.1']],
    ['http2', ['http/1.1', 'h2'], ['h2']],
    ['tcp', ['h2', 'mqtt'], ['h2', 'mqtt']],
  ] as const)('of codec %s that is told %j is %j', (codec, listed, expected) => {
    expect(offered(codec, listed)).toEqual(expected);
  });
});
