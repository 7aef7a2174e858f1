// Header blocks, one after the other on one connection: what our decoder makes of them, against nghttp2's.
import { type Random, randomBelow } from '../../../src/base/random.ts';
import { COMPRESSION_ERROR } from '../../../src/proxy/codec/http2/error-code.ts';
import { HEADERS, PREFACE, SETTINGS } from '../../../src/proxy/codec/http2/frame.ts';
import { HpackEncoder } from '../../../src/proxy/codec/http2/hpack/hpack-encoder.ts';
import { frame } from '../../unit/proxy/codec/http2/frames.ts';
import { BlockReader, type FieldPair, write } from '../../unit/proxy/codec/http2/hpack/blocks.ts';
import type { Fuzzer, Verdict } from '../fuzzer.ts';
import { drawRequest, encodeBlock } from './compose-blocks.ts';
import { NodeHttp2Server, nodeReading } from './node-oracle.ts';

const END_STREAM_AND_HEADERS = 5;
const MAX_BLOCK_BYTES = 255;
const NODE = new NodeHttp2Server();

export const hpack: Fuzzer = {
  name: 'http2-hpack',
  promise: 'blocks that we decode, nghttp2 decodes alike, and none that it cannot decode',
  shortRun: 1_500,
  generate(random) {
    const encoder = new HpackEncoder();
    const blocks = Array.from({ length: 1 + randomBelow(random, 5) }, () => {
      const { fields } = drawRequest(random, 0);
      return randomBelow(random, 3) === 0 ? write(encoder, fields) : encodeBlock(fields, random);
    });
    return join(blocks.map((block) => (randomBelow(random, 4) === 0 ? spoil(block, random) : block)));
  },
  check: checkBlocks,
};

async function checkBlocks(input: string): Promise<Verdict> {
  const blocks = split(input);
  const frames = blocks.map((block, index) => frame(HEADERS, END_STREAM_AND_HEADERS, index * 2 + 1, block));
  const session = Buffer.concat([Buffer.from(PREFACE), frame(SETTINGS, 0, 0), ...frames]);
  const { requests, failure } = await nodeReading(NODE, session.toString('latin1'));
  const heard = new Map(requests.map(({ stream, fields }) => [stream, fields]));
  const reader = new BlockReader();
  let accepted = false;
  for (const [index, block] of blocks.entries()) {
    const ours = reader.read(block);
    const theirs = heard.get(index * 2 + 1);
    if (ours === null) {
      const problem =
        theirs === undefined ? '' : `block ${index} is refused (${reader.decoder.problem}), nghttp2 reads ${theirs}`;
      return { accepted, problem };
    }
    if (theirs === undefined) continue;
    accepted = true;
    const fields = ours.filter(isLegal).flat();
    if (fields.join('\n') !== theirs.join('\n'))
      return { accepted, problem: `block ${index} read otherwise: ${fields} | ${theirs}` };
  }
  const problem = failure === COMPRESSION_ERROR ? 'nghttp2 cannot decode a block that we decode' : '';
  return { accepted, problem };
}

/** What HTTP forbids, nghttp2 decodes and passes over, where it does not refuse the request for it. */
function isLegal([name, value]: FieldPair): boolean {
  if (name === 'host' && !/^[!$%&'()*+,\-./0-9:;=@A-Z_a-z~[\]]*$/.test(value)) return false;
  return /^:?[!#$%&'*+\-.^_`|~0-9a-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

/** Each with its length in front of it, cut at what that can say. */
function join(blocks: readonly Buffer[]): string {
  return blocks
    .map((block) => block.subarray(0, MAX_BLOCK_BYTES))
    .map((block) => Buffer.concat([Buffer.of(block.length), block]).toString('latin1'))
    .join('');
}

function split(input: string): Buffer[] {
  const blocks: Buffer[] = [];
  for (let at = 0; at < input.length; ) {
    const end = at + 1 + input.charCodeAt(at);
    blocks.push(Buffer.from(input.slice(at + 1, end), 'latin1'));
    at = end;
  }
  return blocks;
}

function spoil(block: Buffer, random: Random): Buffer {
  const bytes = Buffer.from(block);
  for (let changes = 1 + randomBelow(random, 3); changes > 0; changes -= 1) {
    bytes[randomBelow(random, bytes.length)] = randomBelow(random, 256);
  }
  return randomBelow(random, 4) === 0 ? bytes.subarray(0, randomBelow(random, bytes.length)) : bytes;
}
