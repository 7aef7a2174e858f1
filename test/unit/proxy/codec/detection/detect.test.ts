// First bytes of protocols in use, and what is made of them: as soon as it can be said, and never later than the first line.
import fc from 'fast-check';
import { type Detected, detect, PLAIN_BYTES } from '../../../../../src/proxy/codec/detection/detect.ts';
import { readHttpStart } from '../../../../../src/proxy/codec/detection/http-start.ts';
import { helloMessage, records, serverNameExtension } from '../../../../support/client-hellos.ts';

const BOTH = { tls: true, http: true };
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');

function summary(found: Detected | 'malformed' | null): string {
  if (found === null || found === 'malformed') return String(found);
  return [found.transportProtocol, found.serverName, ...found.applicationProtocols].join(' ').trim();
}

/** Made by hand from the protocols' documents, as their clients begin. */
const CLIENTS: readonly (readonly [string, Buffer, string])[] = [
  ['HTTP/1.1', latin1('GET / HTTP/1.1\r\nHost: a\r\n\r\n'), 'raw_buffer  http/1.1'],
  ['HTTP/1.1 with a bare LF', latin1('GET / HTTP/1.1\n'), 'raw_buffer  http/1.1'],
  ['HTTP/1.1 behind an empty line', latin1('\r\nPOST /x HTTP/1.1\r\n'), 'raw_buffer  http/1.1'],
  ['HTTP/1.0', latin1('HEAD / HTTP/1.0\r\n\r\n'), 'raw_buffer  http/1.0'],
  ['WebDAV', latin1('VERSION-CONTROL /a HTTP/1.1\r\n'), 'raw_buffer  http/1.1'],
  ['HTTP/2 with prior knowledge', latin1('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'raw_buffer  h2c'],
  ['TLS', records(helloMessage(serverNameExtension('a.example'))), 'tls a.example'],
  ['Redis', latin1('*1\r\n$4\r\nPING\r\n'), 'raw_buffer'],
  ['Redis, inline', latin1('PING\r\n'), 'raw_buffer'],
  ['Postgres, asking for TLS', Buffer.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f), 'raw_buffer'],
  ['Postgres', Buffer.of(0, 0, 0, 41, 0, 3, 0, 0), 'raw_buffer'],
  ['memcached', latin1('get key\r\n'), 'raw_buffer'],
  ['SSH', latin1('SSH-2.0-OpenSSH_9.6\r\n'), 'raw_buffer'],
  ['SMTP, by an impatient client', latin1('EHLO a.example\r\n'), 'raw_buffer'],
  ['RTSP', latin1('OPTIONS rtsp://a/ RTSP/1.0\r\n'), 'raw_buffer'],
  ['SIP', latin1('INVITE sip:a@b SIP/2.0\r\n'), 'raw_buffer'],
  ['MongoDB', Buffer.of(0x3a, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0xd4, 7, 0, 0), 'raw_buffer'],
  ['AMQP', latin1('AMQP\0\0\t\x01'), 'raw_buffer'],
  ['MQTT', Buffer.of(0x10, 0x0c, 0, 4, 0x4d, 0x51, 0x54, 0x54), 'raw_buffer'],
  ['Kafka', Buffer.of(0, 0, 0, 0x2a, 0, 0x12, 0, 3), 'raw_buffer'],
  ['Cassandra', Buffer.of(4, 0, 0, 0, 5, 0, 0, 0, 0), 'raw_buffer'],
  ['NATS', latin1('CONNECT {"verbose":false}\r\n'), 'raw_buffer'],
  ['PROXY protocol', latin1('PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'), 'raw_buffer'],
  ['HTTP of a version to come', latin1('GET / HTTP/1.2\r\n'), 'raw_buffer'],
  ['HTTP/0.9', latin1('GET /\r\n'), 'raw_buffer'],
  ['a version in the middle of a line', latin1('SAY HTTP/1.1 now\r\n'), 'raw_buffer'],
  ['a method that no server takes', latin1(`${'A'.repeat(33)} / HTTP/1.1\r\n`), 'raw_buffer'],
];

describe('the first bytes', () => {
  it.each(CLIENTS)('of %s are told for what they are', (_, bytes, expected) => {
    expect(summary(detect(bytes, BOTH))).toBe(expected);
  });

  it.each(CLIENTS)('of %s are never told for something else before they are complete', (_, bytes, expected) => {
    for (let length = 0; length < bytes.length; length += 1) {
      const found = summary(detect(bytes.subarray(0, length), BOTH));
      expect(['null', expected]).toContain(found);
    }
  });

  it.each<[string, Buffer]>([
    ['Postgres', Buffer.of(0)],
    ['Redis', latin1('*')],
    ['MQTT', Buffer.of(0x10)],
    ['AMQP', latin1('AMQP\0')],
  ])('of %s are told at once', (_, bytes) => {
    expect(detect(bytes, BOTH)).toBe(PLAIN_BYTES);
  });

  it('are not looked at for what nobody wants', () => {
    const hello = records(helloMessage(null));
    expect(detect(hello, { tls: false, http: true })).toBe(PLAIN_BYTES);
    expect(detect(latin1('GET / HTTP/1.1\r\n'), { tls: true, http: false })).toBe(PLAIN_BYTES);
  });

  it('that are a broken ClientHello are told as that', () => {
    expect(detect(records(Buffer.of(1, 0, 0, 0)), BOTH)).toBe('malformed');
  });

  it('are awaited for 64 KiB of a line at most', () => {
    const line = latin1(`GET /${'a'.repeat(65_536)}`);
    expect(readHttpStart(line.subarray(0, 65_536))).toBe('incomplete');
    expect(readHttpStart(line)).toBeNull();
  });

  it('that are anything at all are answered without a throw, and more of them change a verdict never', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 20 }), (start, more) => {
        const before = summary(detect(Buffer.from(start), BOTH));
        const after = summary(detect(Buffer.concat([start, more]), BOTH));
        if (before !== 'null') expect(after).toBe(before);
      }),
      { numRuns: 3_000 },
    );
  });
});
