// What finding the end of a whole head costs.
import { HeadScanner } from '../../../../../src/proxy/codec/http1/head-scanner.ts';
import type { MicroBench } from '../../../micro-bench.ts';
import { BROWSER_REQUEST, CURL_REQUEST } from './messages.ts';

const scanner = new HeadScanner(65_536);

function scan(bytes: Buffer, iterations: number): void {
  for (let i = 0; i < iterations; i += 1) {
    if (scanner.scan(bytes, 0) !== bytes.length) throw new Error('the end of the head was not found');
  }
}

export const benches: MicroBench[] = [
  { name: 'scan request, curl (5 fields)', run: (iterations) => scan(CURL_REQUEST, iterations) },
  { name: 'scan request, browser (15 fields)', run: (iterations) => scan(BROWSER_REQUEST, iterations) },
];
