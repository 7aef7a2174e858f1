// Which trace a request belongs to, by what its caller sends.
import { RequestHead } from '../../../../src/proxy/codec/head.ts';
import { parseRequestHead } from '../../../../src/proxy/codec/http1/parse-request-head.ts';
import { traceIdOf } from '../../../../src/proxy/exchange/trace-id.ts';

const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SHORT = 'a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

function traceOf(...fields: readonly string[]): string {
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nHost: web\r\n${fields.map((field) => `${field}\r\n`).join('')}\r\n`);
  const head = new RequestHead(20);
  expect(parseRequestHead(bytes, 0, bytes.length, head)).toBe(0);
  return traceIdOf(head);
}

it.each([
  [`traceparent: 00-${ID}-${PARENT}-01`, ID],
  [`Traceparent: 00-${ID}-${PARENT}-00`, ID],
  [`traceparent: 01-${ID}-${PARENT}-01-more`, ID],
  [`b3: ${ID}-${PARENT}-1`, ID],
  [`b3: ${SHORT}-${PARENT}`, SHORT],
  [`X-B3-TraceId: ${SHORT}`, SHORT],
])('%s says %s', (field, id) => {
  expect(traceOf(field)).toBe(id);
});

it.each([
  ['nothing', 'x-other: 1'],
  ['a forbidden version', `traceparent: ff-${ID}-${PARENT}-01`],
  ['capitals', `traceparent: 00-${ID.toUpperCase()}-${PARENT}-01`],
  ['zeros', `traceparent: 00-${'0'.repeat(32)}-${PARENT}-01`],
  ['another length', `traceparent: 00-${ID}0-${PARENT}-01`],
  ['what could break a log line', 'traceparent: 00-"},{"a":"b"},{"a":"b"},{"a":"b"}--01'],
  ['no id but a decision', 'b3: 0'],
])('%s is none', (_what, field) => {
  expect(traceOf(field)).toBe('');
});

it('traceparent goes before B3', () => {
  expect(traceOf(`b3: ${SHORT}-${PARENT}`, `traceparent: 00-${ID}-${PARENT}-01`)).toBe(ID);
});
