// The ClientHello: read as OpenSSL writes it, however it is cut up; everything out of order is refused, and nothing is read beyond 64 KiB.
import fc from 'fast-check';
import { MAX_CLIENT_HELLO_BYTES, readClientHello } from '../../../../../src/proxy/codec/detection/client-hello.ts';
import {
  alpnExtension,
  extension,
  helloMessage,
  messageOf,
  realClientHello,
  records,
  serverNameExtension,
  vector,
} from '../../../../support/client-hellos.ts';

const EMPTY = Buffer.alloc(0);
const hello = (...extensions: readonly Buffer[]): Buffer => records(helloMessage(Buffer.concat(extensions)));

describe("OpenSSL's ClientHello", () => {
  it.each([
    ['a.example', ['h2', 'http/1.1'], undefined],
    ['WWW.A.Example', [], 'TLSv1.2'],
    ['', ['http/1.1'], 'TLSv1.3'],
    ['', [], undefined],
  ] as const)('for %p with ALPN %p is understood', async (servername, alpn, maxVersion) => {
    const bytes = await realClientHello({
      servername,
      ...(alpn.length === 0 ? {} : { alpn }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
    });
    expect(readClientHello(bytes)).toEqual({ serverName: servername.toLowerCase(), applicationProtocols: alpn });
  });

  it('is incomplete at each of its prefixes, and the same in records of any size', async () => {
    const bytes = await realClientHello({ servername: 'a.example', alpn: ['h2'] });
    const expected = { serverName: 'a.example', applicationProtocols: ['h2'] };
    for (let length = 1; length < bytes.length; length += 1) {
      expect([length, readClientHello(bytes.subarray(0, length))]).toEqual([length, 'incomplete']);
    }
    for (const size of [8, 9, 100]) {
      expect(readClientHello(records(messageOf(bytes), size))).toEqual(expected);
    }
    expect(readClientHello(Buffer.concat([bytes, Buffer.from('what follows')]))).toEqual(expected);
  });

  it('that is damaged anywhere never throws, and tells a name that is a name', async () => {
    const bytes = await realClientHello({ servername: 'a.example', alpn: ['h2', 'http/1.1'] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.nat(bytes.length),
        (changes, length) => {
          const damaged = Buffer.from(bytes);
          for (const [at, byte] of changes) damaged[at] = byte;
          const found = readClientHello(damaged.subarray(0, length));
          if (typeof found !== 'string') expect(found.serverName).toMatch(/^[a-z0-9._-]{0,255}$/);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe('a ClientHello', () => {
  it('without extensions, as old clients send it, asks for no name', () => {
    expect(readClientHello(records(helloMessage(null)))).toEqual({ serverName: '', applicationProtocols: [] });
  });

  it('is read past extensions, protocols and ciphers that nobody knows (GREASE)', () => {
    const bytes = hello(
      extension(0x0a0a, EMPTY),
      serverNameExtension('a.example'),
      alpnExtension(['\x0a\x0a', 'h2']),
      extension(0xfafa, Buffer.of(0)),
    );
    expect(readClientHello(bytes)).toEqual({ serverName: 'a.example', applicationProtocols: ['\x0a\x0a', 'h2'] });
  });

  it.each<[string, Buffer]>([
    ['two server names', hello(serverNameExtension('a'), serverNameExtension('b'))],
    [
      'two names in one list',
      hello(
        extension(
          0,
          vector(
            2,
            Buffer.concat(['a', 'b'].map((name) => Buffer.concat([Buffer.of(0), vector(2, Buffer.from(name))]))),
          ),
        ),
      ),
    ],
    ['an empty name', hello(serverNameExtension(''))],
    ['a name of another type', hello(serverNameExtension('a', 1))],
    ['a name with a NUL', hello(serverNameExtension('a\0b'))],
    ['a name with a blank', hello(serverNameExtension('a b'))],
    ['a name beyond ASCII', hello(serverNameExtension(Buffer.of(0x61, 0xe4)))],
    ['a name of 256 bytes', hello(serverNameExtension('a'.repeat(256)))],
    [
      'bytes behind the list of names',
      hello(extension(0, Buffer.concat([vector(2, Buffer.of(0, 0, 1, 97)), Buffer.of(0)]))),
    ],
    ['no protocol in ALPN', hello(extension(16, vector(2, EMPTY)))],
    ['an empty protocol', hello(alpnExtension(['']))],
    ['an extension that is cut off', hello(Buffer.of(0, 0, 0, 9, 0))],
    ['a session id of 33 bytes', records(helloMessage(EMPTY, { sessionId: Buffer.alloc(33) }))],
    ['an odd number of cipher bytes', records(helloMessage(EMPTY, { ciphers: Buffer.alloc(3) }))],
    ['no cipher', records(helloMessage(EMPTY, { ciphers: EMPTY }))],
    ['no compression', records(helloMessage(EMPTY, { compression: EMPTY }))],
    [
      'bytes behind its extensions',
      records(Buffer.concat([Buffer.of(1), vector(3, Buffer.concat([helloMessage(EMPTY).subarray(4), Buffer.of(0)]))])),
    ],
    ['a body of nothing', records(Buffer.concat([Buffer.of(1), vector(3, EMPTY)]))],
    [
      'another record within it',
      Buffer.concat([records(helloMessage(null).subarray(0, 10)), Buffer.of(23, 3, 3, 0, 1, 0)]),
    ],
    [
      'an empty record within it',
      Buffer.concat([records(helloMessage(null).subarray(0, 10)), Buffer.of(22, 3, 3, 0, 0)]),
    ],
    ['a length beyond 64 KiB', records(Buffer.concat([Buffer.of(1, 1, 0, 0), Buffer.alloc(100)]))],
  ])('with %s is malformed', (_, bytes) => {
    expect(readClientHello(bytes)).toBe('malformed');
  });

  it('of 64 KiB is read, and in 256 records, and no more than that', () => {
    const padding = MAX_CLIENT_HELLO_BYTES - helloMessage(extension(21, EMPTY)).length;
    const most = helloMessage(extension(21, Buffer.alloc(padding)));
    expect(readClientHello(records(most))).toEqual({ serverName: '', applicationProtocols: [] });
    expect(readClientHello(records(most, 256))).toEqual({ serverName: '', applicationProtocols: [] });
    expect(readClientHello(records(most, 255))).toBe('malformed');
    const more = helloMessage(Buffer.concat([extension(21, Buffer.alloc(padding)), extension(22, EMPTY)]));
    expect(readClientHello(records(more).subarray(0, 20))).toBe('malformed');
  });

  it.each<[string, Buffer]>([
    ['a request', Buffer.from('GET / HTTP/1.1\r\n')],
    ['a record of data', Buffer.of(23, 3, 3, 0, 1, 0)],
    ['SSL 2', Buffer.of(0x80, 0x2e, 1, 0, 2)],
    ['a version that never was', Buffer.of(22, 2)],
    ['a record that is too long', Buffer.of(22, 3, 1, 0x40, 1)],
    ['an empty record', Buffer.of(22, 3, 1, 0, 0)],
    ['another handshake message', Buffer.of(22, 3, 1, 0, 4, 2)],
  ])('is not seen in %s', (_, bytes) => {
    expect(readClientHello(bytes)).toBe('not-tls');
  });
});
