// What the Connection field decides: how long the connection lives and what stays on this hop (RFC 9110 section 7.6.1).
import {
  ERR_CONNECTION_NAMES_FIELD,
  ERR_CONNECTION_OPTION,
  ERR_CONNECTION_TOO_LONG,
  PARSE_OK,
} from '../../../../../src/proxy/codec/http1/parse-error.ts';
import { expectFields, fieldsOf, HOST, headText, parseRequest, requestHead } from './heads.ts';

describe('Connection', () => {
  const keepAlive = (version: string, ...fields: string[]): boolean =>
    requestHead([`GET / ${version}`, HOST, ...fields]).keepAlive;

  it('keeps HTTP/1.1 open unless it says close, and HTTP/1.0 only with keep-alive', () => {
    expect(keepAlive('HTTP/1.1')).toBe(true);
    expect(keepAlive('HTTP/1.1', 'Connection: Close')).toBe(false);
    expect(keepAlive('HTTP/1.1', 'Connection: keep-alive', 'Connection: x ,\tCLOSE,')).toBe(false);
    expect(keepAlive('HTTP/1.1', 'Connection: closed')).toBe(true);
    expect(keepAlive('HTTP/1.0')).toBe(false);
    expect(keepAlive('HTTP/1.0', 'Connection: Keep-Alive')).toBe(true);
    expect(keepAlive('HTTP/1.0', 'Connection: keep-alive, close')).toBe(false);
  });

  it('asks for an upgrade together with an Upgrade field, in HTTP/1.1', () => {
    const upgrade = (version: string, ...fields: string[]): boolean =>
      requestHead([`GET / ${version}`, HOST, ...fields]).upgrade;
    expect(upgrade('HTTP/1.1', 'Connection: Upgrade', 'Upgrade: websocket')).toBe(true);
    expect(upgrade('HTTP/1.1', 'Upgrade: websocket', 'Connection: keep-alive, upgrade')).toBe(true);
    expect(upgrade('HTTP/1.1', 'Upgrade: websocket')).toBe(false);
    expect(upgrade('HTTP/1.1', 'Connection: upgrade')).toBe(false);
    expect(upgrade('HTTP/1.0', 'Connection: upgrade', 'Upgrade: websocket')).toBe(false);
  });

  it('flags the fields of this hop and those that it names', () => {
    const head = requestHead([
      'GET / HTTP/1.1',
      HOST,
      'x-b: 1',
      'Connection: keep-alive, X-A, x-B',
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'Proxy-Authenticate: Basic',
      'Proxy-Authorization: Basic eA==',
      'Upgrade: h2c',
      'TE: gzip',
      'te: TRAILERS',
      'X-a: 2',
      'x-ab: 3',
      'x-b: 4',
    ]);
    expect(fieldsOf(head).filter((field) => !field.startsWith('- '))).toEqual(['Host: a', 'te: TRAILERS', 'x-ab: 3']);
  });

  it('leaves no flag to the next head', () => {
    const head = requestHead(['GET / HTTP/1.1', HOST, 'Connection: b', 'b: c']);
    expect(parseRequest(headText(['GET / HTTP/1.1', HOST, 'x: y', 'b: c']), head)).toBe(PARSE_OK);
    expect(fieldsOf(head)).toEqual(['Host: a', 'x: y', 'b: c']);
  });

  it('that names what frames or routes the message is refused', () => {
    for (const name of ['host', 'Content-Length', 'transfer-encoding', 'CONNECTION', 'expect']) {
      expectFields([[[`Connection: close, ${name}`], ERR_CONNECTION_NAMES_FIELD]]);
    }
  });

  it('is a list of at most 32 tokens', () => {
    expectFields([
      [['Connection: a b'], ERR_CONNECTION_OPTION],
      [['Connection: "a"'], ERR_CONNECTION_OPTION],
      [['Connection: a;b'], ERR_CONNECTION_OPTION],
      [['Connection:'], PARSE_OK],
      [[`Connection: ${'a,'.repeat(31)}b`], PARSE_OK],
      [[`Connection: ${'a,'.repeat(32)}b`], ERR_CONNECTION_TOO_LONG],
      [[`Connection: ${'a,'.repeat(15)}a`, `Connection: ${'a,'.repeat(16)}a`], ERR_CONNECTION_TOO_LONG],
    ]);
  });
});
