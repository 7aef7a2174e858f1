// Statistics as Prometheus text (format 0.0.4) under Envoy's metric names, and as Envoy's own `/stats` lines.
import { HISTOGRAM_BOUNDS_MS, type Histogram } from './histogram.ts';
import type { StatFamily, StatSink, StatSource } from './stats.ts';

const LABELS: Readonly<Record<StatFamily, string>> = {
  cluster: 'envoy_cluster_name',
  http: 'envoy_http_conn_manager_prefix',
  http_local_rate_limit: 'envoy_local_http_ratelimit_prefix',
  tcp: 'envoy_tcp_prefix',
  listener: 'envoy_listener_address',
  server: '',
  overload: '',
  control_plane: '',
};

/** `upstream_rq_2xx` is `upstream_rq_xx{envoy_response_code_class="2"}` in Prometheus. */
const CODE_CLASS = /^(.*_)([1-5])xx$/;

class PrometheusSink implements StatSink {
  readonly #families = new Map<string, { readonly type: string; readonly lines: string[] }>();

  counter(family: StatFamily, instance: string, name: string, value: number): void {
    this.#number('counter', family, instance, name, value);
  }

  gauge(family: StatFamily, instance: string, name: string, value: number): void {
    this.#number('gauge', family, instance, name, value);
  }

  histogram(family: StatFamily, instance: string, name: string, histogram: Histogram): void {
    const metric = `envoy_${family}_${name}`;
    const lines = this.#linesOf(metric, 'histogram');
    const label = labelOf(family, instance);
    let cumulative = 0;
    for (const [index, bound] of HISTOGRAM_BOUNDS_MS.entries()) {
      cumulative += histogram.counts[index] ?? 0;
      lines.push(`${metric}_bucket${braces(label, `le="${bound}"`)} ${cumulative}`);
    }
    lines.push(`${metric}_bucket${braces(label, 'le="+Inf"')} ${histogram.count}`);
    lines.push(`${metric}_sum${braces(label)} ${histogram.sum}`, `${metric}_count${braces(label)} ${histogram.count}`);
  }

  render(): string {
    let text = '';
    for (const [metric, { type, lines }] of this.#families) text += `# TYPE ${metric} ${type}\n${lines.join('\n')}\n`;
    return text;
  }

  #number(type: string, family: StatFamily, instance: string, name: string, value: number): void {
    const classMatch = CODE_CLASS.exec(name);
    const plain = classMatch === null ? name : `${classMatch[1]}xx`;
    // Envoy's dots (ssl.handshake) are underscores there.
    const metric = `envoy_${family}_${plain.replaceAll('.', '_')}`;
    const codeClass = classMatch === null ? '' : `envoy_response_code_class="${classMatch[2]}"`;
    this.#linesOf(metric, type).push(`${metric}${braces(codeClass, labelOf(family, instance))} ${value}`);
  }

  #linesOf(metric: string, type: string): string[] {
    let family = this.#families.get(metric);
    if (family === undefined) {
      family = { type, lines: [] };
      this.#families.set(metric, family);
    }
    return family.lines;
  }
}

function labelOf(family: StatFamily, instance: string): string {
  const label = LABELS[family];
  if (label === '') return '';
  const escaped = instance.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return `${label}="${escaped}"`;
}

function braces(...labels: readonly string[]): string {
  const present = labels.filter((label) => label !== '');
  return present.length === 0 ? '' : `{${present.join(',')}}`;
}

export function renderPrometheus(sources: readonly StatSource[]): string {
  const sink = new PrometheusSink();
  for (const source of sources) source.collect(sink);
  return sink.render();
}

/** Statistics by their dotted Envoy names, e.g. `cluster.outbound|80|a.upstream_rq_total`; histograms as count and sum. */
export function listStats(sources: readonly StatSource[]): ReadonlyMap<string, number> {
  const stats = new Map<string, number>();
  const put = (family: StatFamily, instance: string, name: string, value: number): void => {
    const parts = family === 'http_local_rate_limit' ? [instance, family, name] : [family, instance, name];
    stats.set(parts.filter((part) => part !== '').join('.'), value);
  };
  const sink: StatSink = {
    counter: put,
    gauge: put,
    histogram(family, instance, name, histogram) {
      put(family, instance, `${name}.count`, histogram.count);
      put(family, instance, `${name}.sum`, histogram.sum);
    },
  };
  for (const source of sources) source.collect(sink);
  return stats;
}
