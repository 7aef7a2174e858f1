// Valid messages and ways to spoil them: what both parsers are fed.
import { type Random, randomBelow } from '../../../src/base/random.ts';

const HOST = 'Host: svc';
const CHUNKS = '5;n=v\r\nhello\r\nA\r\n0123456789\r\n0\r\nDigest: x\r\n\r\n';

function message(lines: readonly string[], body = ''): string {
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

export const REQUESTS: readonly string[] = [
  message(['GET /data?x=1 HTTP/1.1', HOST, 'User-Agent: curl/8.5.0', 'Accept: */*']),
  message(['GET http://svc:80/data HTTP/1.1', HOST, 'Proxy-Connection: Keep-Alive']),
  message(['HEAD / HTTP/1.0', 'Connection: keep-alive']),
  message(['OPTIONS * HTTP/1.1', HOST, 'Connection: close']),
  message(['CONNECT svc:443 HTTP/1.1', 'Host: svc:443'], 'tunnel'),
  message(['POST /a HTTP/1.1', HOST, 'Content-Length: 5'], 'hello'),
  message(['PUT /a HTTP/1.1', HOST, 'Content-Length: 11', 'Expect: 100-continue', 'X-List: a, b'], 'hello\r\nGET '),
  message(['POST /b HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'TE: trailers', 'Trailer: Digest'], CHUNKS),
  message(['POST /b HTTP/1.1', HOST, 'Transfer-Encoding: chunked', 'Connection: keep-alive, te'], CHUNKS),
  message(['PATCH / HTTP/1.1', HOST, 'Content-Length: 0', 'Connection: upgrade', 'Upgrade: websocket']),
];

export const RESPONSES: readonly string[] = [
  message(['HTTP/1.1 200 OK', 'Content-Type: text/plain', 'Content-Length: 5'], 'hello'),
  message(['HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: Digest'], CHUNKS),
  message(['HTTP/1.1 200 OK', 'Connection: close', 'Server: x'], 'until the end'),
  message(['HTTP/1.0 404 Not Found', 'X: y'], 'gone'),
  message(['HTTP/1.1 204 No Content', 'ETag: "x"']),
  message(['HTTP/1.1 304 Not Modified', 'Content-Length: 5']),
  message(['HTTP/1.1 100 Continue'], message(['HTTP/1.1 201 Created', 'Content-Length: 2'], 'ok')),
  message(['HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: websocket'], 'frames'),
];

/** Bytes that parsers have disagreed about. */
const NASTY = [
  '\r',
  '\n',
  '\r\n',
  '\r\n\r\n',
  '\0',
  ' ',
  '\t',
  ':',
  ',',
  ';',
  '"',
  '\\',
  '\u000b',
  '\u000c',
  '\u007f',
  '\u0085',
];
const MORE = [
  '\u00a0',
  '\u00ff',
  '0',
  '1',
  '5',
  'a',
  'x',
  'X',
  '-',
  '+',
  '_',
  '=',
  '#',
  '?',
  '/',
  '*',
  '@',
  '[',
  '%',
  '&',
  'chunked',
];
const PIECES: readonly string[] = [...NASTY, ...MORE];

/** Field lines that parsers have disagreed about. */
const LINES: readonly string[] = [
  'Content-Length: 5',
  'Content-Length: 6',
  'content-length: 05',
  'Content-Length: 5, 5',
  'Content-Length: +5',
  'Content-Length: 5 ',
  'Content-Length:\t5',
  'Content-Length : 5',
  'Content-Length: 0x5',
  'Content-Length:',
  'Content_Length: 5',
  'Transfer-Encoding: chunked',
  'transfer-encoding: CHUNKED',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: \u000bchunked',
  'Transfer-Encoding:chunked\t',
  'Transfer-Encoding : chunked',
  'Transfer_Encoding: chunked',
  ' Transfer-Encoding: chunked',
  '\tfolded',
  'X: a\r\n b',
  'X: a\nContent-Length: 3',
  'X: a\rContent-Length: 3',
  'Host: other',
  'host:',
  'Connection: close',
  'Connection: keep-alive',
  'Connection: x, close ,',
  'Connection: content-length',
  'Connection: upgrade',
  'Upgrade: h2c',
  'Expect: 100-continue',
  'Expect: x',
  'Keep-Alive: timeout=1',
  'Trailer: Content-Length',
  'X:',
  ': x',
  'X',
  '',
];

export function pick<T>(random: Random, from: readonly T[]): T {
  return from[randomBelow(random, from.length)] as T;
}

type Mutation = (text: string, random: Random) => string;

const MUTATIONS: readonly Mutation[] = [
  insertPiece,
  insertPiece,
  replaceByte,
  removeByte,
  insertLine,
  insertLine,
  repeatLine,
  swapLines,
  changeNumber,
];

/** One of `seeds` spoilt by 0 to 3 mutations; sometimes another message behind it. */
export function spoil(seeds: readonly string[], random: Random): string {
  let text = pick(random, seeds);
  for (let i = randomBelow(random, 4); i > 0; i -= 1) text = pick(random, MUTATIONS)(text, random);
  return randomBelow(random, 3) === 0 ? text + pick(random, seeds) : text;
}

function insertPiece(text: string, random: Random): string {
  const at = randomBelow(random, text.length + 1);
  return text.slice(0, at) + pick(random, PIECES) + text.slice(at);
}

function replaceByte(text: string, random: Random): string {
  const at = randomBelow(random, text.length);
  return text.slice(0, at) + pick(random, PIECES) + text.slice(at + 1);
}

function removeByte(text: string, random: Random): string {
  const at = randomBelow(random, text.length);
  return text.slice(0, at) + text.slice(at + 1);
}

function insertLine(text: string, random: Random): string {
  const lines = text.split('\r\n');
  const headLines = Math.max(1, lines.indexOf(''));
  lines.splice(1 + randomBelow(random, headLines), 0, pick(random, LINES));
  return lines.join('\r\n');
}

function repeatLine(text: string, random: Random): string {
  const lines = text.split('\r\n');
  const line = pick(random, lines);
  lines.splice(randomBelow(random, lines.length), 0, randomBelow(random, 2) === 0 ? line : line.toUpperCase());
  return lines.join('\r\n');
}

function swapLines(text: string, random: Random): string {
  const lines = text.split('\r\n');
  const a = randomBelow(random, lines.length);
  const b = randomBelow(random, lines.length);
  const line = lines[a] as string;
  lines[a] = lines[b] as string;
  lines[b] = line;
  return lines.join('\r\n');
}

function changeNumber(text: string, random: Random): string {
  const digits = [...text.matchAll(/\d+/g)];
  if (digits.length === 0) return text;
  const match = pick(random, digits);
  const number = pick(random, [
    '0',
    '1',
    '4',
    '5',
    '6',
    '007',
    '-1',
    '+5',
    '0x5',
    '5.0',
    '5e0',
    'F',
    '1'.repeat(17),
    '9'.repeat(20),
  ]);
  return text.slice(0, match.index) + number + text.slice(match.index + match[0].length);
}
