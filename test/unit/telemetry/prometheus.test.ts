// Statistics as Prometheus text and as a list: names, labels, escapes, histograms.
import { HISTOGRAM_BOUNDS_MS, Histogram } from '../../../src/telemetry/histogram.ts';
import { listStats, renderPrometheus } from '../../../src/telemetry/prometheus.ts';
import type { StatSink, StatSource } from '../../../src/telemetry/stats.ts';

function source(collect: (sink: StatSink) => void): StatSource {
  return { collect };
}

describe('Prometheus text', () => {
  it.each<readonly [string, (sink: StatSink) => void, string]>([
    [
      'a counter of a cluster',
      (sink) => sink.counter('cluster', 'web', 'upstream_rq_total', 3),
      '# TYPE envoy_cluster_upstream_rq_total counter\nenvoy_cluster_upstream_rq_total{envoy_cluster_name="web"} 3\n',
    ],
    [
      'a gauge of a connection manager',
      (sink) => sink.gauge('http', 'in', 'downstream_cx_active', 1),
      '# TYPE envoy_http_downstream_cx_active gauge\nenvoy_http_downstream_cx_active{envoy_http_conn_manager_prefix="in"} 1\n',
    ],
    [
      'a name with a dot',
      (sink) => sink.counter('listener', '[::]:1', 'ssl.handshake', 1),
      '# TYPE envoy_listener_ssl_handshake counter\nenvoy_listener_ssl_handshake{envoy_listener_address="[::]:1"} 1\n',
    ],
    [
      'a number that exists once',
      (sink) => sink.gauge('server', '', 'live', 1),
      '# TYPE envoy_server_live gauge\nenvoy_server_live 1\n',
    ],
    [
      'answers by class',
      (sink) => sink.counter('cluster', 'web', 'upstream_rq_5xx', 2),
      '# TYPE envoy_cluster_upstream_rq_xx counter\nenvoy_cluster_upstream_rq_xx{envoy_response_code_class="5",envoy_cluster_name="web"} 2\n',
    ],
    [
      'a name that would break out of its label',
      (sink) => sink.counter('cluster', 'a"b\\c\nd', 'x', 1),
      '# TYPE envoy_cluster_x counter\nenvoy_cluster_x{envoy_cluster_name="a\\"b\\\\c\\nd"} 1\n',
    ],
  ])('tells %s', (_what, collect, text) => {
    expect(renderPrometheus([source(collect)])).toBe(text);
  });

  it('keeps the lines of one metric together, whoever collects them', () => {
    const both = (cluster: string, a: number, b: number): StatSource =>
      source((sink) => {
        sink.counter('cluster', cluster, 'a', a);
        sink.counter('cluster', cluster, 'b', b);
      });
    const [web, api] = [both('web', 1, 2), both('api', 3, 4)];
    expect(renderPrometheus([web, api]).split('\n')).toEqual([
      '# TYPE envoy_cluster_a counter',
      'envoy_cluster_a{envoy_cluster_name="web"} 1',
      'envoy_cluster_a{envoy_cluster_name="api"} 3',
      '# TYPE envoy_cluster_b counter',
      'envoy_cluster_b{envoy_cluster_name="web"} 2',
      'envoy_cluster_b{envoy_cluster_name="api"} 4',
      '',
    ]);
  });

  it('tells a histogram with cumulative buckets, a sum and a count', () => {
    const histogram = new Histogram();
    for (const valueMs of [0.5, 0.6, 7, 4e6]) histogram.record(valueMs);
    const text = renderPrometheus([source((sink) => sink.histogram('cluster', 'web', 'upstream_rq_time', histogram))]);
    const lines = text.trimEnd().split('\n');
    expect(lines[0]).toBe('# TYPE envoy_cluster_upstream_rq_time histogram');
    expect(lines).toHaveLength(1 + HISTOGRAM_BOUNDS_MS.length + 3);
    const value = (part: string) => lines.find((line) => line.includes(part))?.split(' ')[1];
    expect(['le="0.5"', 'le="1"', 'le="5"', 'le="10"', 'le="3600000"', 'le="+Inf"'].map(value)).toEqual([
      '1',
      '2',
      '2',
      '3',
      '3',
      '4',
    ]);
    expect([value('time_sum'), value('time_count')]).toEqual(['4000008.1', '4']);
  });
});

describe('a histogram', () => {
  it('puts a value on a bound into the bucket that ends there', () => {
    const histogram = new Histogram();
    for (const bound of HISTOGRAM_BOUNDS_MS) histogram.record(bound);
    expect([...histogram.counts]).toEqual([...HISTOGRAM_BOUNDS_MS.map(() => 1), 0]);
  });
});

describe('the list of statistics', () => {
  it('has dotted names, and count and sum of histograms', () => {
    const histogram = new Histogram();
    histogram.record(4);
    const stats = listStats([
      source((sink) => {
        sink.counter('cluster', 'outbound|80|a', 'upstream_rq_total', 1);
        sink.gauge('server', '', 'live', 1);
        sink.histogram('http', 'in', 'time', histogram);
      }),
    ]);
    expect([...stats]).toEqual([
      ['cluster.outbound|80|a.upstream_rq_total', 1],
      ['server.live', 1],
      ['http.in.time.count', 1],
      ['http.in.time.sum', 4],
    ]);
  });
});
