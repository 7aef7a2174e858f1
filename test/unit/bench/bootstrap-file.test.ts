// One file for Envoy and for our sidecar, bare and equipped.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import type { EquipmentSet } from '../../../bench/contender.ts';
import { fillTemplate } from '../../../bench/contenders/bootstrap-file.ts';

const TEMPLATE = readFileSync(new URL('../../../bench/envoy-http1.yaml', import.meta.url), 'utf8');

function fill(set: EquipmentSet): string {
  return fillTemplate(TEMPLATE, { set, listenPort: 8080, upstreamPorts: [9001, 9002, 9003], accessLog: '/tmp/a log' });
}

describe('the bootstrap file of the HTTP/1.1 bench', () => {
  it.each<EquipmentSet>(['bare', 'equipped'])('has every port filled in when it is %s', (set) => {
    const text = JSON.stringify(parse(fill(set)));
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
