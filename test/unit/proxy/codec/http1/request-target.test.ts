// What a request target says of path and authority (RFC 9112 section 3.2).
import { BODY_NONE } from '../../../../../src/proxy/codec/head.ts';
import {
  ERR_ASTERISK_TARGET,
  ERR_CONNECT_BODY,
  ERR_CONNECT_TARGET,
  ERR_TARGET_AUTHORITY,
  ERR_TARGET_FORM,
  ERR_TARGET_HTTPS,
  PARSE_ERRORS,
} from '../../../../../src/proxy/codec/http1/parse-error.ts';
import { expectRequestLines, HOST, headText, parseRequest, requestHead } from './heads.ts';

describe('a request target', () => {
  it('in absolute-form gives path and authority, whatever Host says', () => {
    for (const [target, authority, path] of [
      ['http://svc', 'svc', '/'],
      ['http://svc:80', 'svc:80', '/'],
      ['HTTP://Svc.ns/x//y?z', 'Svc.ns', '/x//y?z'],
      ['http://svc?q=/', 'svc', '/?q=/'],
      ['http://[::1]:8080/x', '[::1]:8080', '/x'],
      ['http://a%2Db./', 'a%2Db.', '/'],
    ] as const) {
      const head = requestHead([`GET ${target} HTTP/1.1`, 'Host: other']);
      expect([head.absoluteForm, head.authority, head.path, head.target]).toEqual([true, authority, path, target]);
    }
  });

  it('in absolute-form with a bad authority or another scheme is refused', () => {
    for (const target of ['http://', 'http:///x', 'http://u@h/', 'http://u:p@h/', 'http://h:/', 'http://h:99999/']) {
      expectRequestLines([[`GET ${target} HTTP/1.1`, ERR_TARGET_AUTHORITY]]);
    }
    expectRequestLines([
      ['GET https://svc/ HTTP/1.1', ERR_TARGET_HTTPS],
      ['GET ftp://svc/ HTTP/1.1', ERR_TARGET_FORM],
      ['GET http:/svc HTTP/1.1', ERR_TARGET_FORM],
      ['GET svc/x HTTP/1.1', ERR_TARGET_FORM],
      ['GET ** HTTP/1.1', ERR_TARGET_FORM],
    ]);
    expect(PARSE_ERRORS[ERR_TARGET_HTTPS]?.detail).toContain('CONNECT');
  });

  it('in origin-form takes its authority from Host', () => {
    const head = requestHead(['GET //svc/x HTTP/1.1', 'Host: my-api:80']);
    expect([head.absoluteForm, head.authority, head.path, head.hostField]).toEqual([false, 'my-api:80', '//svc/x', 0]);
  });

  it('of CONNECT is host:port and leaves no path', () => {
    const head = requestHead(['CONNECT svc:443 HTTP/1.1', 'Host: other', 'Content-Length: 0']);
    expect([head.isConnect, head.authority, head.path, head.bodyKind]).toEqual([true, 'svc:443', '', BODY_NONE]);
    for (const target of [
      'svc',
      'svc:',
      ':80',
      'svc:0',
      'svc:65536',
      '/',
      '*',
      'http://svc:80/',
      'svc:80/',
      'u@svc:80',
    ]) {
      expectRequestLines([[`CONNECT ${target} HTTP/1.1`, ERR_CONNECT_TARGET]]);
    }
    const connect = ['CONNECT svc:443 HTTP/1.1', HOST];
    expect(parseRequest(headText([...connect, 'Content-Length: 1']))).toBe(ERR_CONNECT_BODY);
    expect(parseRequest(headText([...connect, 'Transfer-Encoding: chunked']))).toBe(ERR_CONNECT_BODY);
  });

  it('of * is for OPTIONS, which an absolute target without path becomes', () => {
    expect(requestHead(['OPTIONS * HTTP/1.1', HOST]).path).toBe('*');
    expect(requestHead(['OPTIONS http://svc HTTP/1.1', HOST]).path).toBe('*');
    expectRequestLines([['GET * HTTP/1.1', ERR_ASTERISK_TARGET]]);
  });
});
