// Promises of the parts of a copy: its head, and what is kept of its body.
import { CopiedBody } from '../../../../src/proxy/mirror/copied-body.ts';
import { copyHead, shadowHost } from '../../../../src/proxy/mirror/copied-head.ts';

describe('the head of a copy', () => {
  it('is that of the request, without what belongs to one connection', () => {
    const text = [
      'POST /a?b HTTP/1.1',
      'Host: web',
      'Connection: keep-alive, x-hop',
      'Content-Length: 3',
      'X-A: one: two',
      'Expect: 100-continue',
      '',
      '',
    ].join('\r\n');
    expect(copyHead(text, (host) => `${host}!`)).toEqual({
      method: 'POST',
      path: '/a?b',
      fields: ['host', 'web!', 'content-length', '3', 'x-a', 'one: two'],
      contentLength: 3,
    });
  });

  it.each([
    ['web', 'web-shadow'],
    ['a.b:80', 'a.b-shadow:80'],
    ['[::1]:80', '[::1]:80-shadow'],
  ])('of %s is addressed to %s, as by Envoy', (host, wanted) => {
    expect(shadowHost(host)).toBe(wanted);
  });
});

describe('the body of a copy', () => {
  const piece = Buffer.from('0123456789');

  it('is read piece by piece as it comes, and gives back what was kept', async () => {
    const all = { bytes: 0, limitBytes: 100 };
    const body = new CopiedBody(50, all, () => {});
    body.add(piece, 0, 10);
    body.add(piece, 2, 4);
    body.end();
    const seen: string[] = [];
    for await (const one of body) seen.push(one.toString());
    expect(seen).toEqual(['0123456789', '23']);
    expect(all.bytes).toBe(0);
  });

  it('of 256 KiB in single bytes is kept in blocks, whoever has taken how much of it: each piece would cost a hundred times its byte', async () => {
    const bytes = Buffer.alloc(262_144, 'abcdefg');
    const all = { bytes: 0, limitBytes: bytes.length };
    const body = new CopiedBody(bytes.length, all, () => {});
    const seen: Buffer[] = [];
    const taking = body[Symbol.asyncIterator]();
    for (let at = 0; at < bytes.length; at += 1) {
      body.add(bytes, at, at + 1);
      if (at % 1_000 === 999) seen.push((await taking.next()).value);
    }
    body.end();
    for (let next = await taking.next(); next.done !== true; next = await taking.next()) seen.push(next.value);
    expect(Buffer.concat(seen).equals(bytes)).toBe(true);
    expect(seen.length).toBeLessThan(600);
    expect(all.bytes).toBe(0);
  });

  it.each([
    [15, 100],
    [100, 15],
  ])(
    'is given up, once, where %d bytes of it or %d of all would be exceeded, and keeps nothing',
    async (own, limitBytes) => {
      const all = { bytes: 0, limitBytes };
      let overflows = 0;
      const body = new CopiedBody(own, all, () => {
        overflows += 1;
      });
      for (let index = 0; index < 3; index += 1) body.add(piece, 0, 10);
      expect([overflows, all.bytes]).toEqual([1, 0]);
      await expect(body[Symbol.asyncIterator]().next()).rejects.toThrow('ended before its body');
    },
  );
});
