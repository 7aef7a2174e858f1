// Messages put together from parts at random: most are valid, some say two things at once.
import { type Random, randomBelow } from '../../../src/base/random.ts';
import { pick } from './mutations.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'M-SEARCH', 'CONNECT'];
const PATHS = [
  '/',
  '/a/b',
  '/?q',
  '/%2e%2e/',
  '//x',
  '/a;b=c',
  '*',
  'http://svc/',
  'http://other:81/x?y',
  'HTTP://svc',
  'http://svc?q',
];
const STATUSES = [
  '200 OK',
  '204 No Content',
  '304 Not Modified',
  '404 Not Found',
  '503',
  '100 Continue',
  '101 Up',
  '299 ',
];
const VERSIONS = ['HTTP/1.1', 'HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0'];
const NAMES = [
  'X',
  'x-a',
  'Cookie',
  'Via',
  'Keep-Alive',
  'TE',
  'Trailer',
  'Expect',
  'Upgrade',
  'Proxy-Connection',
  'Accept',
  "!#$%&'*+-.^_`|~1",
];
const VALUES = [
  '',
  'a',
  'a, b',
  '"q\\"x"',
  'trailers',
  '100-continue',
  'websocket',
  'a\tb',
  'caf\u00e9',
  'chunked',
  'timeout=5',
  ' x ',
];
const OPTIONS = ['close', 'keep-alive', 'upgrade', 'x', 'x-a', 'te', 'cookie', '', ' close'];
const EXTENSIONS = ['', '', '', ';a', ';a=b', ';a="b c"', ';a="\\""', ';', ' ;a', ';a=\u00e9'];
const DATA = ['a', 'hello', '0\r\n\r\n', 'GET / HTTP/1.1\r\n\r\n', '\r\n', '\u0000\u00ff', 'x'.repeat(300)];
const TRAILERS = ['', '', '', 'x: y\r\n', 'Digest: a b\r\nx:\r\n', 'Content-Length: 1\r\n', 'x:\r\n y\r\n'];

export function composeRequest(random: Random): string {
  const start = `${pick(random, METHODS)} ${pick(random, PATHS)} ${pick(random, VERSIONS)}`;
  const host =
    randomBelow(random, 10) === 0 ? [] : [pick(random, ['Host: svc', 'host:svc', 'HOST: other:81', 'Host: '])];
  return compose(random, start, host);
}

export function composeResponse(random: Random): string {
  return compose(random, `${pick(random, VERSIONS)} ${pick(random, STATUSES)}`, []);
}

function compose(random: Random, start: string, lines: readonly string[]): string {
  const fields = [...lines, ...Array.from({ length: randomBelow(random, 4) }, () => composeField(random))];
  const { framing, body } = composeBody(random);
  for (const line of framing) fields.splice(randomBelow(random, fields.length + 1), 0, line);
  return `${[start, ...fields].join('\r\n')}\r\n\r\n${body}`;
}

function composeField(random: Random): string {
  if (randomBelow(random, 4) > 0)
    return `${pick(random, NAMES)}:${pick(random, ['', ' ', '  '])}${pick(random, VALUES)}`;
  const options = Array.from({ length: 1 + randomBelow(random, 3) }, () => pick(random, OPTIONS));
  return `Connection: ${options.join(', ')}`;
}

function composeBody(random: Random): { readonly framing: readonly string[]; readonly body: string } {
  const data = pick(random, DATA);
  switch (randomBelow(random, 6)) {
    case 0:
    case 1:
      return { framing: [`Content-Length: ${data.length}`], body: data };
    case 2:
    case 3:
      return { framing: ['Transfer-Encoding: chunked'], body: composeChunks(random) };
    case 4:
      return { framing: ['Content-Length: 5', 'Transfer-Encoding: chunked'].slice(randomBelow(random, 2)), body: data };
    default:
      return { framing: [], body: '' };
  }
}

function composeChunks(random: Random): string {
  let text = '';
  for (let chunks = randomBelow(random, 4); chunks > 0; chunks -= 1) {
    const data = pick(random, DATA);
    const size = data.length.toString(16).padStart(randomBelow(random, 4), '0');
    text += `${size}${pick(random, EXTENSIONS)}\r\n${data}\r\n`;
  }
  return `${text}0${pick(random, EXTENSIONS)}\r\n${pick(random, TRAILERS)}\r\n`;
}
