// @hot
// What happens on the HTTP/2 connections of one listener or cluster, counted as plain numbers.
import type { StatFamily, StatSink } from '../../../telemetry/stats.ts';
import { nameOfErrorCode } from './error-code.ts';
import { FLOOD_CONTROL, FLOOD_EMPTY, FLOOD_RESET } from './flood-guard.ts';

/** Codes beyond those that have names are counted together. */
const CODES = 14;

export class Http2Stats {
  connectionsTotal = 0;
  connectionsActive = 0;
  streamsTotal = 0;
  streamsActive = 0;
  goAwaysSent = 0;
  goAwaysReceived = 0;
  pingsReceived = 0;
  /** Heads and trailers that were beyond the limits. */
  headerOverflows = 0;
  /** Messages that RFC 9113 section 8 forbids. */
  malformed = 0;
  trailers = 0;
  /** Heads that were known by their bytes, and not decoded again. */
  headsReused = 0;
  readonly #resetsReceived = new Float64Array(CODES + 1);
  readonly #resetsSent = new Float64Array(CODES + 1);
  /** Connections that were cut off for what their peers flooded them with, by its bucket. */
  readonly #floods = new Float64Array(3);

  resetReceived(code: number): void {
    increment(this.#resetsReceived, Math.min(code, CODES));
  }

  resetSent(code: number): void {
    increment(this.#resetsSent, Math.min(code, CODES));
  }

  flooded(bucket: number): void {
    increment(this.#floods, bucket);
  }

  /** Source of the names: Envoy's statistics of HTTP connection managers, clusters and codecs; those that it lacks are made alike. */
  collect(family: StatFamily, instance: string, direction: 'downstream' | 'upstream', sink: StatSink): void {
    const counter = (name: string, value: number): void => sink.counter(family, instance, name, value); // alloc-ok: when asked
    counter(`${direction}_cx_http2_total`, this.connectionsTotal);
    sink.gauge(family, instance, `${direction}_cx_http2_active`, this.connectionsActive);
    counter(`${direction}_rq_http2_total`, this.streamsTotal);
    sink.gauge(family, instance, 'http2.streams_active', this.streamsActive);
    counter('http2.goaway_sent', this.goAwaysSent);
    counter('http2.goaway_received', this.goAwaysReceived);
    counter('http2.ping_received', this.pingsReceived);
    counter('http2.header_overflow', this.headerOverflows);
    counter('http2.rx_messaging_error', this.malformed);
    counter('http2.trailers', this.trailers);
    counter('http2.header_block_reused', this.headsReused);
    counter('http2.inbound_reset_flood', this.#floods[FLOOD_RESET] as number);
    counter('http2.inbound_control_frames_flood', this.#floods[FLOOD_CONTROL] as number);
    counter('http2.inbound_empty_frames_flood', this.#floods[FLOOD_EMPTY] as number);
    collectResets('http2.rx_reset', this.#resetsReceived, counter);
    collectResets('http2.tx_reset', this.#resetsSent, counter);
  }
}

function increment(counts: Float64Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}

/** All together, and by those codes that there were. */
function collectResets(name: string, counts: Float64Array, counter: (name: string, value: number) => void): void {
  let total = 0;
  for (let code = 0; code <= CODES; code += 1) total += counts[code] as number;
  counter(name, total);
  for (let code = 0; code <= CODES; code += 1) {
    const count = counts[code] as number;
    if (count > 0) counter(`${name}_${code === CODES ? 'other' : nameOfErrorCode(code).toLowerCase()}`, count);
  }
}
