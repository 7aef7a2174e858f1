// What the oracle comparison sees: each way in which a message may change behind a proxy, allowed and not.
import { difference, differenceBehindProxy } from './difference.ts';
import type { Message } from './read-messages.ts';

const SENT: Message = {
  start: 'POST /a',
  fields: [
    'Host',
    'svc',
    'Connection',
    'x-a',
    'X-A',
    '1',
    'TE',
    'trailers',
    'Cookie',
    'c',
    'Transfer-Encoding',
    'chunked',
  ],
  body: 'hello',
  trailers: ['x', 'y'],
  complete: true,
};
const OWED: Message = { ...SENT, fields: ['Host', 'svc', 'TE', 'trailers', 'Cookie', 'c'] };

describe('a message behind a proxy', () => {
  it('is the same without the fields of the last hop', () => {
    expect(differenceBehindProxy(SENT, OWED)).toBe('');
    expect(differenceBehindProxy(SENT, { ...OWED, complete: false, body: 'hel', trailers: [] })).toBe('');
  });

  it.each<[string, Partial<Message>]>([
    ['another target', { start: 'POST /b' }],
    ['a field too many', { fields: [...OWED.fields, 'X', 'y'] }],
    ['a field that ended at the hop', { fields: [...OWED.fields, 'x-a', '1'] }],
    ['a field too few', { fields: OWED.fields.slice(2) }],
    ['another value', { fields: ['Host', 'other', ...OWED.fields.slice(2)] }],
    ['another order', { fields: [...OWED.fields.slice(2), 'Host', 'svc'] }],
    ['another body', { body: 'hullo' }],
    ['a shorter body', { body: 'hell' }],
    ['other bytes before the end', { body: 'hu', complete: false }],
    ['other trailers', { trailers: [] }],
  ])('is another one with %s', (_name, change) => {
    expect(differenceBehindProxy(SENT, { ...OWED, ...change })).not.toBe('');
  });

  it('is another one where half of it passes for the whole', () => {
    expect(differenceBehindProxy({ ...SENT, complete: false }, OWED)).not.toBe('');
  });
});

describe('a message read twice', () => {
  it('is the same only where start, fields, body, trailers and end are', () => {
    expect(difference(SENT, SENT)).toBe('');
    const others: Partial<Message>[] = [
      { start: 'x' },
      { fields: [] },
      { body: '' },
      { trailers: [] },
      { complete: false },
    ];
    for (const other of others) expect(difference(SENT, { ...SENT, ...other })).not.toBe('');
    expect(difference(SENT, undefined)).toBe('Node refuses POST /a');
    expect(difference({ ...SENT, complete: false }, SENT)).not.toBe('');
  });
});
