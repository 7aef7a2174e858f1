// Promises of whom the admin pages answer.
import { refuseForeign } from '../../../src/admin/admin-guard.ts';

describe('refuseForeign', () => {
  it.each(['127.0.0.1:15000', '127.1.0.3', 'localhost:15000', 'LOCALHOST', '[::1]:15000', '10.0.0.5:80', undefined])(
    'lets the host %s by',
    (host) => {
      expect(refuseForeign(host, undefined)).toBeNull();
    },
  );

  it.each(['evil.example', 'evil.example:15000', '127.0.0.1.evil.example', 'localhost.evil.example', '[evil]:1', ''])(
    'refuses the host %j with 403: DNS rebinding',
    (host) => {
      expect(refuseForeign(host, undefined)).toMatchObject({ status: 403 });
    },
  );

  it('refuses requests that a web page of another origin sends, with 403', () => {
    expect(refuseForeign('127.0.0.1:15000', 'https://evil.example')).toMatchObject({ status: 403 });
    expect(refuseForeign('127.0.0.1:15000', 'http://127.0.0.1:3000')).toMatchObject({ status: 403 });
    expect(refuseForeign('127.0.0.1:15000', 'null')).toMatchObject({ status: 403 });
  });

  it('lets its own pages by', () => {
    expect(refuseForeign('127.0.0.1:15000', 'http://127.0.0.1:15000')).toBeNull();
  });
});
