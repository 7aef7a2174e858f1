// One file for Envoy and for our sidecar, bare and equipped.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { EquipmentSet } from '../../../bench/contender.ts';
import { fillTemplate } from '../../../bench/contenders/bootstrap-file.ts';
import { readBootstrap } from '../../../src/xds/bootstrap/read-bootstrap.ts';

function fill(set: EquipmentSet, template = 'envoy-http1.yaml'): string {
  const text = readFileSync(new URL(`../../../bench/${template}`, import.meta.url), 'utf8');
  return fillTemplate(text, { set, listenPort: 8080, upstreamPorts: [9001, 9002, 9003], accessLog: '/tmp/a log' });
}

describe('a bootstrap file of the bench', () => {
  it.each<[EquipmentSet, string]>([
    ['bare', 'envoy-http1.yaml'],
    ['equipped', 'envoy-http1.yaml'],
    ['bare', 'envoy-tcp.yaml'],
  ])('%s, %s: has every port filled in, and our sidecar takes it', (set, template) => {
    const filled = fill(set, template);
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
});
