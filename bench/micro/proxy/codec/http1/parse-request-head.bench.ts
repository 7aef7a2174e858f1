// What parsing a request head costs.
import { RequestHead } from '../../../../../src/proxy/codec/head.ts';
import { parseRequestHead } from '../../../../../src/proxy/codec/http1/parse-request-head.ts';
import type { MicroBench } from '../../../micro-bench.ts';
import { BROWSER_REQUEST, CURL_PROXY_REQUEST, CURL_REQUEST, expectOk } from './messages.ts';

const head = new RequestHead(100);

function parse(bytes: Buffer, iterations: number): void {
  for (let i = 0; i < iterations; i += 1) expectOk(parseRequestHead(bytes, 0, bytes.length, head));
}

export const benches: MicroBench[] = [
  { name: 'parse request, curl (5 fields)', run: (iterations) => parse(CURL_REQUEST, iterations) },
  { name: 'parse request, curl -x (5 fields)', run: (iterations) => parse(CURL_PROXY_REQUEST, iterations) },
  { name: 'parse request, browser (15 fields)', run: (iterations) => parse(BROWSER_REQUEST, iterations) },
];
