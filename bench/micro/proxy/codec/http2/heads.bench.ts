// What heads cost that do not repeat: a request of 12 fields and an answer of 6, one field of each being new every time.
import { RequestHead, ResponseHead } from '../../../../../src/proxy/codec/head.ts';
import { encodeRequestHead, encodeResponseHead } from '../../../../../src/proxy/codec/http2/encode-head.ts';
import { BlockWriter } from '../../../../../src/proxy/codec/http2/hpack/block-writer.ts';
import { FieldText, HpackDecoder } from '../../../../../src/proxy/codec/http2/hpack/hpack-decoder.ts';
import { HpackEncoder } from '../../../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { RequestHeadBuilder } from '../../../../../src/proxy/codec/http2/request-head-builder.ts';
import { ResponseHeadBuilder } from '../../../../../src/proxy/codec/http2/response-head-builder.ts';
import type { MicroBench } from '../../../micro-bench.ts';

const REQUEST: readonly string[] = [
  ':method: POST',
  ':scheme: http',
  ':path: /shop.v1.CartService/AddItem',
  ':authority: cart-service.shop.svc.cluster.local:8080',
  'content-type: application/grpc',
  'te: trailers',
  'user-agent: grpc-node-js/1.14.7',
  'grpc-accept-encoding: identity,deflate,gzip',
  'accept-encoding: identity',
  'x-tenant: north-7',
  'x-client-version: 2026.11.3',
];
const RESPONSE: readonly string[] = [
  ':status: 200',
  'content-type: application/json',
  'server: nginx',
  'cache-control: max-age=3600',
  'content-length: 97',
];
/** Blocks that differ, sent in turn. */
const BLOCKS = 256;

const text = new FieldText(65_536);
const out = new BlockWriter();

/** As a peer would send them that puts what repeats into its table. */
function blocksOf(lines: readonly string[]): readonly Buffer[] {
  const encoder = new HpackEncoder();
  const blocks = Array.from({ length: BLOCKS + 3 }, (_, index) => {
    out.end = 0;
    encoder.begin(out);
    for (const line of lines) encoder.field(line, line.indexOf(':', 1), false, out);
    encoder.once(`x-id: ${String(index).padStart(16, '0')}`, 4, out);
    return Buffer.from(out.bytes.subarray(0, out.end));
  });
  return blocks;
}

function bench<H extends RequestHead | ResponseHead>(
  lines: readonly string[],
  head: H,
  build: (head: H, decode: (sink: RequestHeadBuilder | ResponseHeadBuilder) => void) => void,
): { readonly decode: () => void; readonly head: H } {
  const decoder = new HpackDecoder();
  const blocks = blocksOf(lines);
  let next = 0;
  const decode = (): void => {
    const block = blocks[next] as Buffer;
    build(head, (sink) => {
      if (!decoder.decode(block, 0, block.length, text, sink)) throw new Error(decoder.problem);
    });
    // The first three fill the table and must not come again.
    next = next + 1 === blocks.length ? 3 : next + 1;
  };
  for (let count = 0; count < 4; count += 1) decode();
  return { decode, head };
}

const requests = new RequestHeadBuilder();
const responses = new ResponseHeadBuilder();
const request = bench(REQUEST, new RequestHead(100), (head, decode) => {
  requests.begin(head, text);
  decode(requests);
  requests.end(text, false);
  if (requests.problem !== '') throw new Error(requests.problem);
});
const response = bench(RESPONSE, new ResponseHead(100), (head, decode) => {
  responses.begin(head, text);
  decode(responses);
  responses.end(text, false, 'GET');
  if (responses.problem !== '') throw new Error(responses.problem);
});
const upstream = new HpackEncoder();
const downstream = new HpackEncoder();

function times(run: () => void): MicroBench['run'] {
  return (iterations) => {
    for (let i = 0; i < iterations; i += 1) run();
  };
}

export const benches: MicroBench[] = [
  { name: 'request of 12 fields, block to head', run: times(request.decode) },
  { name: 'answer of 6 fields, block to head', run: times(response.decode) },
  { name: 'request of 12 fields, head to block', run: times(() => encodeRequestHead(upstream, request.head, '', out)) },
  {
    name: 'answer of 6 fields, head to block',
    run: times(() => encodeResponseHead(downstream, response.head, null, out)),
  },
];
