// Promises of what first bytes tell of a protocol that nobody has declared, byte by byte.
import { readFirstWord, readHttp2Word } from '../../../../../src/proxy/codec/detection/first-word.ts';
import { realClientHello } from '../../../../support/client-hellos.ts';

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

function read(text: string) {
  return readFirstWord(Buffer.from(text, 'latin1'));
}

describe('the first word of a caller', () => {
  it.each([
    ['Redis (RESP)', '*1\r\n$4\r\nPING\r\n', 1],
    ['Redis (inline)', 'PING\r\n', 5],
    ['Postgres, SSLRequest', '\0\0\0\x08\x04\xd2\x16\x2f', 1],
    ['Postgres, StartupMessage', '\0\0\0\x29\0\x03\0\0user\0', 1],
    ['MySQL, a client that does not wait', '\x20\0\0\x01\x85', 1],
    ['MongoDB', '\x3a\0\0\0\x01\0\0\0', 1],
    ['AMQP', 'AMQP\0\0\x09\x01', 5],
    ['Kafka', '\0\0\0\x14\0\x12', 1],
    ['MQTT', '\x10\x0c\0\x04MQTT', 1],
    ['SSH', 'SSH-2.0-OpenSSH_9\r\n', 5],
    ['memcached', 'get a\r\n', 7],
    ['SMTP', 'EHLO a.example\r\n', 16],
    ['LDAP', '\x30\x0c\x02\x01', 1],
  ])('of %s is no HTTP, which is told as soon as it cannot become it', (_name, text, bytesNeeded) => {
    for (let length = 1; length < bytesNeeded; length += 1) expect(read(text.slice(0, length))).toBeNull();
    for (let length = bytesNeeded; length <= text.length; length += 1) {
      expect(read(text.slice(0, length))?.protocol).toBe('tcp');
    }
  });

  it.each([
    ['http1', 'GET / HTTP/1.1\r\n'],
    ['http1', 'POST /a?b HTTP/1.0\r\n'],
    ['http1', 'OPTIONS * HTTP/1.1\r\n'],
    ['http2', PREFACE],
  ])('is %s when the line or the preface is whole: %j', (protocol, text) => {
    for (let length = 1; length < text.length; length += 1) expect(read(text.slice(0, length))).toBeNull();
    expect(read(text)?.protocol).toBe(protocol);
  });

  it('of TLS is told after two bytes, with the name where that has come', async () => {
    const hello = await realClientHello({ servername: 'a.example' });
    expect(readFirstWord(hello)).toEqual({ protocol: 'tls', detail: 'TLS for a.example' });
    expect(readFirstWord(hello.subarray(0, 2))).toEqual({ protocol: 'tls', detail: 'TLS' });
    expect(readFirstWord(await realClientHello({}))).toEqual({ protocol: 'tls', detail: 'TLS' });
  });

  it('is looked at for HTTP/2 alone where nothing else is of interest', () => {
    expect(readHttp2Word(Buffer.from('G'))?.protocol).toBe('tcp');
    expect(readHttp2Word(Buffer.from('PRI'))).toBeNull();
    expect(readHttp2Word(Buffer.from(PREFACE))?.protocol).toBe('http2');
  });
});
