// Header blocks put together from parts at random, each field coded in one of the ways that there are: most are valid requests.
import { type Random, randomBelow } from '../../../src/base/random.ts';
import type { FieldPair } from '../../unit/proxy/codec/http2/hpack/blocks.ts';
import { pick } from '../http1/mutations.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'];
const PATHS = ['/', '/a/b?c=d', '/%2e%2e/', '//x', '/a;b'];
const NASTY_PATHS = ['*', '', 'a', '/a b', '/\r\nx: y', 'http://other/', '/\x7f', '/\xe9', '/#a', '/?\0'];
const AUTHORITIES = ['svc', 'svc:80', '10.0.0.1', '[::1]:80'];
const NASTY_AUTHORITIES = ['', 'a b', 'user@svc', 'svc\r\nx: y', 'svc/', 'other'];
const NAMES = ['x-a', 'x-b', 'accept', 'user-agent', 'cookie', 'cookie', 'via', 'te', 'x-request-id', 'authorization'];
const NASTY_NAMES = [
  'X-A',
  'x a',
  '',
  'x:a',
  'x\r\na',
  'host',
  'connection',
  'transfer-encoding',
  'upgrade',
  'keep-alive',
  'proxy-connection',
  'content-length',
  'expect',
  'x\xe9',
  ':path',
  ':status',
  ':protocol',
  'x_a',
];
const VALUES = ['1', 'a, b', 'trailers', 'a=1', 'v'.repeat(150), '', 'caf\xe9'];
const NASTY_VALUES = [
  ' a',
  'a ',
  'a\r\nb',
  'a\nb: c',
  'a\0b',
  'chunked',
  '5',
  '05',
  '5, 5',
  '-1',
  'svc',
  '100-continue',
  '\t',
];
/** How a literal field is kept: in the table, not, never. */
const LITERALS = [0x40, 0x40, 0x00, 0x10];
/** Of the static table. */
const WHOLE_FIELDS: Readonly<Record<string, number>> = {
  ':method: GET': 2,
  ':method: POST': 3,
  ':path: /': 4,
  ':scheme: http': 6,
};
const DYNAMIC_FROM = 62;

export interface RequestPlan {
  readonly fields: readonly FieldPair[];
  /** What the request says to have, −1 = nothing. */
  readonly contentLength: number;
}

/** One of eight has something that requests must not have. */
export function drawRequest(random: Random, bodyBytes: number): RequestPlan {
  const nasty = randomBelow(random, 8) === 0;
  const one = (good: readonly string[], bad: readonly string[]): string =>
    pick(random, nasty && randomBelow(random, 4) === 0 ? bad : good);
  const fields: FieldPair[] = [
    [':method', bodyBytes > 0 ? pick(random, ['POST', 'PUT', 'PATCH']) : one(METHODS, ['get', '', 'A B', 'CONNECT'])],
    [':scheme', one(['http', 'https'], ['', 'ftp', 'http/'])],
    [':path', one(PATHS, NASTY_PATHS)],
    [':authority', one(AUTHORITIES, NASTY_AUTHORITIES)],
  ];
  if (nasty && randomBelow(random, 4) === 0) fields.splice(randomBelow(random, 4), 1);
  for (let more = randomBelow(random, 6); more > 0; more -= 1) {
    const field: FieldPair = [one(NAMES, NASTY_NAMES), one(VALUES, NASTY_VALUES)];
    fields.splice(nasty ? randomBelow(random, fields.length + 1) : fields.length, 0, field);
  }
  const said = randomBelow(random, 3) === 0;
  const contentLength = said ? bodyBytes + (nasty ? randomBelow(random, 3) - 1 : 0) : -1;
  if (contentLength >= 0) fields.push(['content-length', String(contentLength)]);
  return { fields, contentLength };
}

/** Bytes of one block; now and then with a change of the table's size, or a field of the table that may not be there. */
export function encodeBlock(fields: readonly FieldPair[], random: Random): Buffer {
  const parts: Buffer[] = [];
  if (randomBelow(random, 20) === 0) parts.push(integer(pick(random, [0, 100, 4_096, 5_000]), 5, 0x20));
  for (const [name, value] of fields) {
    const known = WHOLE_FIELDS[`${name}: ${value}`];
    if (known !== undefined && randomBelow(random, 4) > 0) parts.push(integer(known, 7, 0x80));
    else parts.push(literal(name, value, pick(random, LITERALS)));
  }
  if (fields.length > 1 && randomBelow(random, 4) === 0)
    parts.push(integer(DYNAMIC_FROM + randomBelow(random, 6), 7, 0x80));
  return Buffer.concat(parts);
}

function literal(name: string, value: string, kind: number): Buffer {
  return Buffer.concat([Buffer.of(kind), string(name), string(value)]);
}

function string(text: string): Buffer {
  return Buffer.concat([integer(text.length, 7, 0), Buffer.from(text, 'latin1')]);
}

/** Source: RFC 7541 section 5.1. */
function integer(value: number, prefixBits: number, flags: number): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.of(flags | value);
  const bytes = [flags | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push(128 + (rest % 128));
  return Buffer.from([...bytes, rest]);
}
