// Known ways to make two parsers see different messages in the same bytes. Each is refused, so that none is passed on.
import { readRequests, readResponse } from './read-messages.ts';

const HEAD = 'POST / HTTP/1.1\r\nHost: svc\r\n';
const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: svc\r\n\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;

/** What the attack is called or looks like, and its bytes. */
const REQUESTS: readonly (readonly [string, string])[] = [
  ['CL.TE', `${HEAD}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG`],
  ['TE.CL', `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n5c\r\n${HIDDEN}`],
  ['CL.CL', `${HEAD}Content-Length: 8\r\nContent-Length: 7\r\n\r\n12345\r\na`],
  ['CL.CL in one field', `${HEAD}Content-Length: 8, 7\r\n\r\n12345\r\na`],
  ['TE.TE: two fields', `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n`],
  ['TE.TE: unknown coding', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: chunked is not last', `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ['TE.TE: chunked twice', `${HEAD}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: parameter', `${HEAD}Transfer-Encoding: chunked;q=0.5\r\n\r\n0\r\n\r\n`],
  ['TE.TE: quoted', `${HEAD}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`],
  ['TE.TE: space before the colon', `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: tab before the colon', `${HEAD}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: vertical tab', `${HEAD}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: form feed', `${HEAD}Transfer-Encoding:\u000cchunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: NUL', `${HEAD}Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n`],
  ['TE.TE: tab', `${HEAD}Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: no-break space', `${HEAD}Transfer-Encoding: \u00a0chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: leading space', `${HEAD} Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: folded value', `${HEAD}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: folded behind another', `${HEAD}X: y\r\n\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: behind a bare LF', `${HEAD}X: y\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: behind a bare CR', `${HEAD}X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['TE.TE: name with a NUL', `${HEAD}Transfer-Encoding\0: chunked\r\n\r\n0\r\n\r\n`],
  ['TE in HTTP/1.0', 'POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['TE dropped by Connection', `${HEAD}Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['CL dropped by Connection', `${HEAD}Connection: Content-Length\r\nContent-Length: 1\r\n\r\nx`],
  ['Host dropped by Connection', `${HEAD}Connection: host\r\n\r\n`],
  ['CL with a plus', `${HEAD}Content-Length: +1\r\n\r\nx`],
  ['CL with a minus', `${HEAD}Content-Length: -1\r\n\r\nx`],
  ['CL in hexadecimal', `${HEAD}Content-Length: 0x1\r\n\r\nx`],
  ['CL with a space inside', `${HEAD}Content-Length: 1 0\r\n\r\nx`],
  ['CL with a fraction', `${HEAD}Content-Length: 1.0\r\n\r\nx`],
  ['CL empty', `${HEAD}Content-Length:\r\n\r\nx`],
  ['CL beyond 2^53', `${HEAD}Content-Length: 9007199254740993\r\n\r\nx`],
  ['CL beyond 2^64', `${HEAD}Content-Length: 18446744073709551617\r\n\r\nx`],
  ['CL space before the colon', `${HEAD}Content-Length : 1\r\n\r\nx`],
  ['CL on a CONNECT', 'CONNECT svc:80 HTTP/1.1\r\nHost: svc\r\nContent-Length: 3\r\n\r\nabc'],
  ['two Hosts', `${HEAD}Host: other\r\n\r\n`],
  ['Host with user information', 'GET / HTTP/1.1\r\nHost: svc@other\r\n\r\n'],
  ['Host with a path', 'GET / HTTP/1.1\r\nHost: svc/x\r\n\r\n'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
  ['request line with two spaces', `GET  / HTTP/1.1\r\nHost: svc\r\n\r\n`],
  ['request line with a tab', `GET\t/ HTTP/1.1\r\nHost: svc\r\n\r\n`],
  ['a request in the request line', 'GET / HTTP/1.1 GET /hidden HTTP/1.1\r\nHost: svc\r\n\r\n'],
  ['HTTP/0.9', 'GET /\r\n\r\n'],
  ['version with two digits', 'GET / HTTP/1.01\r\nHost: svc\r\n\r\n'],
  ['LF line ends', 'GET / HTTP/1.1\nHost: svc\n\n'],
  ['LF CR LF', 'GET / HTTP/1.1\r\nHost: svc\n\r\n'],
  ['a CR alone as empty line', `GET / HTTP/1.1\r\nHost: svc\r\n\r${HIDDEN}`],
  ['chunk size beyond 2^64', `${CHUNKED}10000000000000005\r\nhello\r\n0\r\n\r\n`],
  ['chunk size beyond 2^53', `${CHUNKED}ffffffffffffffff\r\nhello\r\n0\r\n\r\n`],
  ['chunk size of 17 digits', `${CHUNKED}00000000000000005\r\nhello\r\n0\r\n\r\n`],
  ['chunk size with 0x', `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
  ['chunk size with a minus', `${CHUNKED}-5\r\nhello\r\n0\r\n\r\n`],
  ['chunk size with a plus', `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n`],
  ['chunk size with a space before', `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`],
  ['chunk size with a space behind', `${CHUNKED}5 \r\nhello\r\n0\r\n\r\n`],
  ['chunk size with an underscore', `${CHUNKED}0_5\r\nhello\r\n0\r\n\r\n`],
  ['chunk size empty', `${CHUNKED}\r\nhello\r\n0\r\n\r\n`],
  ['chunk line with LF', `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
  ['chunk line with CR', `${CHUNKED}5\rhello\r\n0\r\n\r\n`],
  ['chunk extension with LF', `${CHUNKED}5;x\nhello\r\n0\r\n\r\n`],
  ['chunk extension with a quoted line end', `${CHUNKED}5;a="\r\nhello\r\n0\r\n\r\n`],
  ['chunk data without CRLF', `${CHUNKED}5\r\nhello0\r\n\r\n`],
  ['chunk data with LF', `${CHUNKED}5\r\nhello\n0\r\n\r\n`],
  ['chunk data longer than its size', `${CHUNKED}5\r\nhello world\r\n0\r\n\r\n`],
  ['last chunk with LF', `${CHUNKED}0\n\n`],
  ['end of trailers with LF', `${CHUNKED}0\r\nx: y\r\n\n`],
  ['end of trailers with CR', `${CHUNKED}0\r\n\r${HIDDEN}`],
  ['trailer Content-Length', `${CHUNKED}0\r\nContent-Length: 5\r\n\r\n`],
  ['trailer Transfer-Encoding', `${CHUNKED}0\r\nTransfer-Encoding: chunked\r\n\r\n`],
  ['trailer Host', `${CHUNKED}0\r\nHost: other\r\n\r\n`],
  ['a request as trailer', `${CHUNKED}0\r\n${HIDDEN}`],
];

const OK = 'HTTP/1.1 200 OK\r\n';

const RESPONSES: readonly (readonly [string, string])[] = [
  ['CL.TE', `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['CL.CL', `${OK}Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello`],
  ['TE unknown', `${OK}Transfer-Encoding: cow\r\n\r\n0\r\n\r\n`],
  ['TE in HTTP/1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
  ['bare LF in a value', `${OK}X: y\nContent-Length: 0\r\n\r\n`],
  ['bare CR in the reason', 'HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n'],
  ['folded field', `${OK}X: y\r\n Content-Length: 0\r\n\r\n`],
  ['space before the colon', `${OK}Content-Length : 0\r\n\r\n`],
  ['chunk with LF', `${OK}Transfer-Encoding: chunked\r\n\r\n0\n\n`],
];

describe('a smuggled message', () => {
  it.each(REQUESTS)('is refused: request, %s', (_name, text) => {
    const { messages, refusal } = readRequests(text);
    expect(refusal).not.toBe('');
    expect(messages.filter((message) => message.complete)).toEqual([]);
  });

  it.each(RESPONSES)('is refused: response, %s', (_name, text) => {
    const { messages, refusal } = readResponse(text, 'GET');
    expect(refusal).not.toBe('');
    expect(messages.filter((message) => message.complete)).toEqual([]);
  });
});
