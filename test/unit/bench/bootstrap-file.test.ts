// One file for Envoy and for our sidecar, bare and equipped.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { CERTIFICATES } from '../../../bench/bed/certificates.ts';
import type { EquipmentSet } from '../../../bench/contender.ts';
import { fillTemplate } from '../../../bench/contenders/bootstrap-file.ts';
import { readBootstrap } from '../../../src/xds/bootstrap/read-bootstrap.ts';

interface Spoken {
  readonly http2?: boolean;
  readonly websocket?: boolean;
  readonly tls?: boolean;
}

function fill(set: EquipmentSet, template = 'envoy-http.yaml', { http2, websocket, tls }: Spoken = {}): string {
  const text = readFileSync(new URL(`../../../bench/${template}`, import.meta.url), 'utf8');
  return fillTemplate(text, {
    set,
    listenPort: 8080,
    upstreamPorts: [9001, 9002, 9003],
    accessLog: '/tmp/a log',
    ...{ http2, websocket, tls },
  });
}

describe('a bootstrap file of the bench', () => {
  it.each<[EquipmentSet, string, boolean]>([
    ['bare', 'envoy-http.yaml', false],
    ['equipped', 'envoy-http.yaml', false],
    ['equipped', 'envoy-http.yaml', true],
    ['bare', 'envoy-tcp.yaml', false],
  ])('%s, %s, HTTP/2 %p: has every port filled in, and our sidecar takes it', (set, template, http2) => {
    const filled = fill(set, template, { http2 });
    expect(readBootstrap(filled, template)).toMatchObject({ ok: true });
    const text = JSON.stringify(parse(filled));
    expect([...text.matchAll(/"port_value":(\d+)/g)].map(([, port]) => port)).toEqual(['8080', '9001', '9002', '9003']);
    expect(text).not.toContain('$');
  });

  it('has retries, outlier detection and an access log only when it is equipped', () => {
    const parts = ['"retry_policy"', '"outlier_detection"', '"access_log"', '"path":"/tmp/a log"'];
    const [bare, equipped] = (['bare', 'equipped'] as const).map((set) => JSON.stringify(parse(fill(set))));
    expect(parts.filter((part) => bare?.includes(part))).toEqual([]);
    expect(parts.filter((part) => equipped?.includes(part))).toEqual(parts);
  });

  it('lets WebSockets pass only where they are measured, and our sidecar knows how', () => {
    expect(fill('bare')).not.toMatch(/^ *upgrade_configs/m);
    const filled = fill('bare', 'envoy-http.yaml', { websocket: true });
    expect(JSON.stringify(parse(filled))).toContain('"upgrade_configs":[{"upgrade_type":"websocket"}]');
    expect(readBootstrap(filled, 'envoy-http.yaml')).toMatchObject({ ok: true, value: { notes: [] } });
  });

  it('speaks HTTP/2 on both sides, or HTTP/1.1 on both', () => {
    const [http1, http2] = [false, true].map((speaks) =>
      JSON.stringify(parse(fill('bare', 'envoy-http.yaml', { http2: speaks }))),
    );
    expect(http1).toContain('"codec_type":"HTTP1"');
    expect(http1).not.toContain('http2_protocol_options');
    expect(http2).toContain('"codec_type":"HTTP2"');
    expect(http2).toContain('"explicit_http_config":{"http2_protocol_options":{}}');
  });

  it.each([
    [false, 'http/1.1'],
    [true, 'h2'],
  ])(
    'with TLS (HTTP/2 %p) shows a certificate, checks those of the backends by name, and offers %s',
    (http2, protocol) => {
      const filled = fill('bare', 'envoy-http.yaml', { http2, tls: true });
      expect(JSON.stringify(parse(filled))).not.toContain('$');
      const read = readBootstrap(filled, 'envoy-http.yaml');
      expect(read).toMatchObject({ ok: true, value: { notes: [] } });
      if (!read.ok) return;
      const { chain, key, ca, serverName } = CERTIFICATES;
      const [cluster] = read.value.clusters;
      const [listener] = read.value.listeners;
      expect(listener?.filterChains[0]?.tls).toMatchObject({
        applicationProtocols: [protocol],
        certificate: { chain: { kind: 'file', path: chain }, privateKey: { kind: 'file', path: key } },
      });
      expect(cluster?.tls).toMatchObject({
        ...{ sni: serverName, applicationProtocols: [protocol] },
        validation: {
          trustedCa: { kind: 'file', path: ca },
          subjectAltNames: [{ type: 'dns', match: { kind: 'exact', value: serverName } }],
        },
      });
      expect(JSON.stringify(parse(fill('bare', 'envoy-http.yaml', { http2 })))).not.toContain('tls');
    },
  );
});
