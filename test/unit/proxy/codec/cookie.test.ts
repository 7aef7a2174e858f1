// Cookies: found in request heads by their whole name, whatever stands around them, and set as Envoy sets them.
import { cookieOf, renderCookie, renderCookieRemoval } from '../../../../src/proxy/codec/cookie.ts';
import { requestHead } from './http1/heads.ts';

const head = (...cookies: readonly string[]) =>
  requestHead(['GET / HTTP/1.1', 'Host: a', ...cookies.map((text) => `Cookie: ${text}`)]);

describe('a cookie', () => {
  it.each<readonly [string, readonly string[], string | null]>([
    ['the only one', ['id=1'], '1'],
    ['among others', ['a=0; id=1; b=2'], '1'],
    ['without a blank behind the semicolon', ['a=0;id=1;b=2'], '1'],
    ['with blanks around', ['a=0;\t id=1 ; b=2'], '1'],
    ['in quotes', ['id="1 2"'], '1 2'],
    ['with one quote', ['id="'], '"'],
    ['in a field of its own, as HTTP/2 sends them', ['a=0', 'b=1', 'id=2'], '2'],
    ['twice: the first', ['id=1; id=2'], '1'],
    ['empty', ['id=; b=2'], ''],
    ['with an equals sign in it', ['id=a=b'], 'a=b'],
    ['of a longer name', ['xid=1; idx=2'], null],
    ['of another case', ['ID=1'], null],
    ['without a value', ['id; b=id=3'], null],
    ['nowhere', ['', ';;', ' '], null],
    ['without any field', [], null],
  ])('is found %s', (_where, cookies, value) => {
    expect(cookieOf(head(...cookies), 'id')).toBe(value);
  });
});

describe('a cookie that is made', () => {
  const attributes = [
    { name: 'SameSite', value: 'Lax' },
    { name: 'Secure', value: '' },
  ];

  it('says how long it lives and where, and is no script’s business', () => {
    expect(renderCookie({ name: 'cart', ttlMs: 0 }, 'v')).toBe('cart="v"; HttpOnly');
    expect(renderCookie({ name: 'cart', ttlMs: 90_500, path: '/a', attributes }, 'v')).toBe(
      'cart="v"; Max-Age=90; Path=/a; SameSite=Lax; Secure; HttpOnly',
    );
  });

  it('is taken back where it stands', () => {
    expect(renderCookieRemoval({ name: 'cart', ttlMs: 90_500, path: '/a', attributes })).toBe(
      'cart=""; Max-Age=0; Path=/a; SameSite=Lax; Secure; HttpOnly',
    );
  });
});
