// What writing a head costs, and the whole way of a request head through the codec. Aim for that: well under 1.5 µs with 5 fields.
import { RequestHead, ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { HeadScanner } from '../../../../../src/proxy/codec/http1/head-scanner.ts';
import { parseRequestHead } from '../../../../../src/proxy/codec/http1/parse-request-head.ts';
import { parseResponseHead } from '../../../../../src/proxy/codec/http1/parse-response-head.ts';
import { renderRequestHead, renderResponseHead } from '../../../../../src/proxy/codec/http1/write-head.ts';
import type { MicroBench } from '../../../micro-bench.ts';
import { CURL_PROXY_REQUEST, CURL_REQUEST, expectOk, NGINX_RESPONSE } from './messages.ts';

const request = new RequestHead(100);
const response = new ResponseHead(100);
const scanner = new HeadScanner(65_536);
/** Heads are written here, which flattens and copies them as a socket would. */
const out = Buffer.alloc(65_536);
const EXTRA = 'x-hop: 1\r\n';

function renderRequest(bytes: Buffer, extra: string, iterations: number): void {
  expectOk(parseRequestHead(bytes, 0, bytes.length, request));
  for (let i = 0; i < iterations; i += 1) out.write(renderRequestHead(request, extra), 'latin1');
}

function renderResponse(bytes: Buffer, extra: string, iterations: number): void {
  expectOk(parseResponseHead(bytes, 0, bytes.length, response, 'GET'));
  for (let i = 0; i < iterations; i += 1) out.write(renderResponseHead(response, extra, false), 'latin1');
}

function pass(bytes: Buffer, extra: string, iterations: number): void {
  for (let i = 0; i < iterations; i += 1) {
    const end = scanner.scan(bytes, 0);
    expectOk(parseRequestHead(bytes, scanner.start, end, request));
    out.write(renderRequestHead(request, extra), 'latin1');
  }
}

/** The usual way, to compare with: two strings a field in a map by lower-case name, and no rule checked. */
function passThroughMap(bytes: Buffer, iterations: number): void {
  for (let i = 0; i < iterations; i += 1) {
    const [first = '', ...lines] = bytes.toString('latin1', 0, bytes.indexOf('\r\n\r\n')).split('\r\n');
    const fields = new Map<string, string>();
    for (const line of lines) {
      const colon = line.indexOf(':');
      fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
    }
    fields.delete('connection');
    let text = `${first}\r\n`;
    for (const [name, value] of fields) text += `${name}: ${value}\r\n`;
    out.write(`${text}\r\n`, 'latin1');
  }
}

export const benches: MicroBench[] = [
  { name: 'render request, as it came', run: (iterations) => renderRequest(CURL_REQUEST, '', iterations) },
  { name: 'render request, absolute-form', run: (iterations) => renderRequest(CURL_PROXY_REQUEST, EXTRA, iterations) },
  { name: 'render response, 1 field dropped', run: (iterations) => renderResponse(NGINX_RESPONSE, '', iterations) },
  { name: 'scan, parse, render request, curl', run: (iterations) => pass(CURL_REQUEST, '', iterations) },
  { name: 'scan, parse, render request, curl -x', run: (iterations) => pass(CURL_PROXY_REQUEST, EXTRA, iterations) },
  { name: 'split, map, join, curl: no rule checked', run: (iterations) => passThroughMap(CURL_REQUEST, iterations) },
];
