// The bench's own bootstrap, and what golden files do not show: bounds, aliases, names of lines, dumps.
import fc from 'fast-check';
import { type Issue, renderIssue } from '../../../../src/base/result.ts';
import { DEFAULT_OUTLIER_DETECTION } from '../../../../src/model/outlier-detection-spec.ts';
import type { BootstrapSpec } from '../../../../src/xds/bootstrap/bootstrap-spec.ts';
import { readBootstrap } from '../../../../src/xds/bootstrap/read-bootstrap.ts';
import { benchBootstrap } from '../../../support/bootstrap-files.ts';

const BENCH = benchBootstrap(10_000, [9_001, 9_002, 9_003]);

function accepted(text: string): BootstrapSpec {
  const result = readBootstrap(text, 'b.yaml');
  if (!result.ok) throw new Error(result.issues.map(renderIssue).join('\n'));
  return result.value;
}

function issuesOf(text: string): readonly Issue[] {
  const result = readBootstrap(text, 'b.yaml');
  return result.ok ? [] : result.issues;
}

function linesOf(text: string): string[] {
  return issuesOf(text).map(renderIssue);
}

describe("the bench's bootstrap for Envoy", () => {
  it('is accepted as it is, with its retries and outlier detection, without a remark', () => {
    const { clusters, listeners, notes, admin, ads } = accepted(BENCH);
    expect({ admin, ads, clusters: clusters.length }).toEqual({ admin: null, ads: null, clusters: 1 });
    expect(notes).toEqual([]);
    expect(clusters[0]?.outlierDetection).toEqual({ ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 50 });
    const [listener] = listeners;
    expect(listener).toMatchObject({ name: 'downstream', address: { host: '127.0.0.1', port: 10_000 } });
    expect(JSON.stringify(listener?.filterChains)).toContain(
      '"retry":{"on":["connect-failure","refused-stream","reset","gateway-error"],"numRetries":2,"statusCodes":[]}',
    );
  });

  it('is dumped as it was understood, extensions and all', () => {
    const [section] = accepted(BENCH).configDump;
    expect(section).toMatchObject({
      '@type': 'type.googleapis.com/envoy.admin.v3.BootstrapConfigDump',
      bootstrap: {
        static_resources: {
          clusters: [{ name: 'backends', connect_timeout: '1s', outlier_detection: { consecutive_5xx: 5 } }],
          listeners: [
            { filter_chains: [{ filters: [{ typed_config: { stat_prefix: 'downstream', codec_type: 'HTTP1' } }] }] },
          ],
        },
      },
    });
    expect(JSON.stringify(section)).toContain('previous_hosts.v3.PreviousHostsPredicate');
  });
});

describe('the text of a bootstrap', () => {
  it('may use anchors, and a problem stands where the value is written', () => {
    const text = 'admin: { address: { socket_address: &a { address: nowhere, port_value: 1 } } }\nnode:\n  id: 1\n';
    expect(linesOf(text)).toEqual([
      'b.yaml:1: admin.address.socket_address.address: "nowhere" is not an IP address; give an IPv4 or IPv6 literal',
      'b.yaml:3: node.id: is 1; give a text',
    ]);
  });

  it('is one document, and a mapping', () => {
    expect(linesOf('{}\n---\n{}\n')[0]).toContain('not valid YAML');
    expect(linesOf('text')).toEqual(['b.yaml:1: is "text"; give a mapping']);
  });

  it('is refused when aliases make it grow without bound, or when it is nested too deeply, in bounded time', () => {
    const bomb = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
    for (let i = 1; i <= 9; i += 1)
      bomb.push(
        `a${i}: &a${i} [${Array(10)
          .fill(`*a${i - 1}`)
          .join(', ')}]`,
      );
    expect(linesOf(bomb.join('\n'))[0]).toContain('holds more than 500000 values');
    expect(linesOf(`node: { metadata: { a: ${'['.repeat(200)}${']'.repeat(200)} } }`)[0]).toContain(
      'is nested more than 100 deep',
    );
    expect(linesOf('node: &n { metadata: *n }')[0]).toMatch(/nested more than 100 deep|not valid YAML/);
  });

  it('is refused unread when it is longer than 16 MiB', () => {
    expect(linesOf(`# ${'x'.repeat(16 * 1024 * 1024)}`)).toEqual([
      'b.yaml: is longer than 16777216 characters; make it shorter',
    ]);
  });

  it('never makes the reader throw, whatever is cut out of it', () => {
    fc.assert(
      fc.property(fc.nat(BENCH.length), fc.nat(200), fc.string({ maxLength: 5 }), (start, length, instead) => {
        const text = BENCH.slice(0, start) + instead + BENCH.slice(start + length);
        for (const { line, path, message } of issuesOf(text)) {
          expect([
            typeof line === 'number' && line > 0,
            path === undefined || path.length < 1_000,
            message !== '',
          ]).toEqual([true, true, true]);
        }
      }),
      { numRuns: 100, seed: 4 },
    );
  });

  it('takes the nearest known key for what was meant, and both spellings of a key', () => {
    expect(linesOf('static_resource: {}')[0]).toBe(
      'b.yaml:1: static_resource: is no field of envoy.config.bootstrap.v3.Bootstrap; did you mean static_resources?',
    );
    expect(linesOf('staticResources: { listeners: [{}] }').map((line) => line.split(':')[2])).toEqual([
      ' static_resources.listeners[0].address',
      ' static_resources.listeners[0].filter_chains',
    ]);
  });
});

describe('the own cluster of a bootstrap', () => {
  const file = (name: string, locality: string) =>
    `node: { id: a, locality: ${locality} }\ncluster_manager: { local_cluster_name: ${name}, enable_deferred_cluster_creation: true }\n${BENCH}`;

  it('is where the node is', () => {
    const { home, notes } = accepted(file('backends', '{ region: eu, zone: a, sub_zone: r1 }'));
    expect(home).toEqual({ cluster: 'backends', locality: { region: 'eu', zone: 'a', subZone: 'r1' } });
    expect(notes.map(renderIssue).join()).toContain('cluster_manager.enable_deferred_cluster_creation');
    expect(accepted(file('backends', '{}')).home?.locality).toEqual({ region: '', zone: '', subZone: '' });
    expect(accepted(BENCH)).not.toHaveProperty('home');
  });

  it('is a cluster of the file', () => {
    expect(linesOf(file('backend', '{}'))).toEqual([
      'b.yaml:2: cluster_manager.local_cluster_name: "backend" is no cluster of this file; did you mean backends?',
    ]);
  });
});
