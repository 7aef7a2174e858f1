// The sections of docs/benchmarks.md that the bench writes.
import { GRPC } from '../grpc.ts';
import { HTTP1 } from '../http1.ts';
import { HTTP2 } from '../http2.ts';
import { LATENCY } from '../latency.ts';
import { TCP } from '../tcp.ts';
import { HTTP1_TLS, HTTP2_TLS } from '../tls.ts';
import { WEBSOCKET } from '../websocket.ts';
import { FOOTPRINT_SECTION } from './footprint-section.ts';
import { proxiesSection } from './proxies-section.ts';
import type { Section } from './section.ts';

export const SECTIONS: readonly Section[] = [
  ...[HTTP1, HTTP2, GRPC, HTTP1_TLS, HTTP2_TLS, TCP, WEBSOCKET, LATENCY].flatMap((scenario) =>
    scenario.sets.map((set) => proxiesSection(scenario, set)),
  ),
  FOOTPRINT_SECTION,
];
