// Statistics as the live objects hold them: plain numbers that are read only when somebody asks.
import type { Histogram } from './histogram.ts';

/** Families of statistics, as Envoy names them; each has one label in Prometheus. */
export type StatFamily =
  | 'cluster'
  | 'http'
  | 'http_local_rate_limit'
  | 'tcp'
  | 'listener'
  | 'server'
  | 'overload'
  | 'control_plane';

export interface StatSink {
  /** `instance` is the cluster's name, the stat prefix …; '' for families that exist once. */
  counter(family: StatFamily, instance: string, name: string, value: number): void;
  gauge(family: StatFamily, instance: string, name: string, value: number): void;
  histogram(family: StatFamily, instance: string, name: string, histogram: Histogram): void;
}

/** Whoever owns numbers. Reading must not change them. */
export interface StatSource {
  collect(sink: StatSink): void;
}
