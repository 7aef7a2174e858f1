// What header blocks cost: a request of 12 fields, the first on its connection, repeated, and with one field that is new each time.
import { BlockWriter } from '../../../../../src/proxy/codec/http2/hpack/block-writer.ts';
import { type FieldSink, FieldText, HpackDecoder } from '../../../../../src/proxy/codec/http2/hpack/hpack-decoder.ts';
import { HpackEncoder } from '../../../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import type { MicroBench } from '../../../micro-bench.ts';

const FIELDS: readonly (readonly [string, string])[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/shop.v1.CartService/AddItem'],
  [':authority', 'cart-service.shop.svc.cluster.local:8080'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
  ['user-agent', 'grpc-node-js/1.14.7'],
  ['grpc-accept-encoding', 'identity,deflate,gzip'],
  ['accept-encoding', 'identity'],
  ['x-b3-sampled', '0'],
  ['x-tenant', 'north-7'],
  ['x-client-version', '2026.11.3'],
];

const REPEATED: readonly string[] = FIELDS.map(([name, value]) => `${name}: ${value}`);
const NAME_LENGTHS: readonly number[] = FIELDS.map(([name]) => name.length);
const out = new BlockWriter();
const text = new FieldText(65_536);
let unique = 0;

/** Keeps every line, as a head does. */
const sink: FieldSink = {
  onField(target, nameLength, valueLength) {
    target.end += nameLength + valueLength + 4;
  },
};

function encode(encoder: HpackEncoder, withUnique: boolean): Buffer {
  out.end = 0;
  encoder.begin(out);
  for (let i = 0; i < REPEATED.length; i += 1)
    encoder.field(REPEATED[i] as string, NAME_LENGTHS[i] as number, false, out);
  if (withUnique) {
    unique += 1;
    encoder.field(`x-request-id: 6f1c2b9e-4b7a-4c83-9a53-${String(unique).padStart(12, '0')}`, 12, false, out);
  }
  return out.bytes.subarray(0, out.end);
}

function decode(decoder: HpackDecoder, block: Buffer): void {
  text.end = 0;
  if (!decoder.decode(block, 0, block.length, text, sink)) throw new Error(decoder.problem);
  if (text.bytes.toString('latin1', 0, text.end).length < 100) throw new Error('too short');
}

function pair(withUnique: boolean): { readonly decoder: HpackDecoder; readonly block: Buffer } {
  const encoder = new HpackEncoder();
  const decoder = new HpackDecoder();
  for (let i = 0; i < 3; i += 1) decode(decoder, Buffer.from(encode(encoder, withUnique)));
  return { decoder, block: Buffer.from(encode(encoder, withUnique)) };
}

const first = Buffer.from(encode(new HpackEncoder(), false));
const repeated = pair(false);
const oneNew = pair(true);
const encoder = new HpackEncoder();

export const benches: MicroBench[] = [
  {
    name: 'hpack: decode a first block (12 fields, literals)',
    run(iterations) {
      const decoder = new HpackDecoder();
      for (let i = 0; i < iterations; i += 1) decode(decoder, first);
    },
  },
  {
    name: 'hpack: decode a repeated block (12 fields, indexed)',
    run(iterations) {
      for (let i = 0; i < iterations; i += 1) decode(repeated.decoder, repeated.block);
    },
  },
  {
    name: 'hpack: decode a repeated block with one new field of 36 characters',
    run(iterations) {
      for (let i = 0; i < iterations; i += 1) decode(oneNew.decoder, oneNew.block);
    },
  },
  {
    name: 'hpack: encode a repeated list (12 fields)',
    run(iterations) {
      for (let i = 0; i < iterations; i += 1) encode(encoder, false);
    },
  },
  {
    name: 'hpack: encode a repeated list with one new field of 36 characters',
    run(iterations) {
      for (let i = 0; i < iterations; i += 1) encode(encoder, true);
    },
  },
];
