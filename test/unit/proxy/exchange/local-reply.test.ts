// Answers that the sidecar makes itself: every row of the table of errors, as text and as JSON.
import { describeError, ERRORS, type ErrorCode } from '../../../../src/model/errors.ts';
import { renderLocalReply } from '../../../../src/proxy/exchange/local-reply.ts';

const CODES = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => ERRORS[code].status > 0);

describe.each(CODES)('the answer to %s', (code) => {
  const { status, flag } = ERRORS[code];

  it('has its status, its flag and code, and a sentence', () => {
    const { head, body } = renderLocalReply(code, 'the reason', '', null, 'x-request-id: r\r\n');
    const [statusLine = '', ...lines] = head.split('\r\n');
    expect(statusLine).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [A-Z][A-Za-z '-]+$`));
    expect(lines).toEqual([
      'content-type: text/plain; charset=utf-8',
      `x-switchboard-error: ${flag} ${code}`,
      `content-length: ${Buffer.byteLength(body)}`,
      'x-request-id: r',
      '',
      '',
    ]);
    expect(body).toBe(`${describeError(code, 'the reason')}\n`);
    expect(body).not.toContain('{detail}');
  });

  it('says the same as JSON', () => {
    const { head, body } = renderLocalReply(code, 'the reason', 'application/json', null, '');
    expect(head).toContain('content-type: application/json\r\n');
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}\r\n`);
    expect(JSON.parse(body)).toEqual({ error: code, flag, status, message: describeError(code, 'the reason') });
  });
});

describe('what the caller sent', () => {
  it.each([
    ['a line end', 'a\r\nSet-Cookie: x', 'a??Set-Cookie: x'],
    ['an escape of a terminal', '\x1b[31mred', '?[31mred'],
    ['bytes beyond ASCII', 'caf\u00e9 \u{1f600}', 'caf? ?'],
    ['a replacement pattern', "$& $1 $'", "$& $1 $'"],
    ['quotes and tags', '"<b>"', '"<b>"'],
  ])('is repeated without harm: %s', (_what, detail, shown) => {
    const { head, body } = renderLocalReply('no_route', detail, '', null, '');
    expect(body).toContain(shown);
    expect(head.split('\r\n')).toHaveLength(6);
    expect(head).toContain(`content-length: ${Buffer.byteLength(body, 'latin1')}\r\n`);
  });
});
