// HPACK's decoder: the examples of RFC 7541, what is refused, and what bounds it.
import { BlockReader, type FieldPair } from './blocks.ts';

const GET: FieldPair = [':method', 'GET'];
const HTTP: FieldPair = [':scheme', 'http'];
const ROOT: FieldPair = [':path', '/'];
const EXAMPLE: FieldPair = [':authority', 'www.example.com'];
const NO_CACHE: FieldPair = ['cache-control', 'no-cache'];
const DATE: FieldPair = ['date', 'Mon, 21 Oct 2013 20:13:21 GMT'];
const LOCATION: FieldPair = ['location', 'https://www.example.com'];
const PRIVATE: FieldPair = ['cache-control', 'private'];
const COOKIE: FieldPair = ['set-cookie', 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1'];

describe('the examples of RFC 7541 appendix C', () => {
  it.each([
    ['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', [['custom-key', 'custom-header']], 55],
    ['040c 2f73 616d 706c 652f 7061 7468', [[':path', '/sample/path']], 0],
    ['1008 7061 7373 776f 7264 0673 6563 7265 74', [['password', 'secret']], 0],
    ['82', [GET], 0],
  ])('C.2: %s is one field', (hex, fields, size) => {
    const reader = new BlockReader();
    expect(reader.readHex(hex)).toEqual(fields);
    expect(reader.decoder.table.size).toBe(size);
    expect(reader.neverIndexed).toEqual(hex.startsWith('10') ? ['password'] : []);
  });

  it.each([
    [
      'C.3',
      [
        '828684410f7777772e6578616d706c652e636f6d',
        '828684be58086e6f2d6361636865',
        '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565',
      ],
    ],
    [
      'C.4',
      [
        '828684418cf1e3c2e5f23a6ba0ab90f4ff',
        '828684be5886a8eb10649cbf',
        '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf',
      ],
    ],
  ])('%s: three requests on one connection', (_name, [first, second, third]) => {
    const reader = new BlockReader();
    expect(reader.readHex(first ?? '')).toEqual([GET, HTTP, ROOT, EXAMPLE]);
    expect(reader.decoder.table.size).toBe(57);
    expect(reader.readHex(second ?? '')).toEqual([GET, HTTP, ROOT, EXAMPLE, NO_CACHE]);
    expect(reader.decoder.table.size).toBe(110);
    const last = [GET, [':scheme', 'https'], [':path', '/index.html'], EXAMPLE, ['custom-key', 'custom-value']];
    expect(reader.readHex(third ?? '')).toEqual(last);
    expect(reader.decoder.table.size).toBe(164);
  });

  it('C.6: three responses through a table of 256 bytes, which evicts', () => {
    const reader = new BlockReader();
    // The peer lowers its own table: 3f e1 01 is a size update to 256.
    const first =
      '3fe101 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b 97c8 e9ae 82ae 43d3';
    expect(reader.readHex(first)).toEqual([[':status', '302'], PRIVATE, DATE, LOCATION]);
    expect(reader.decoder.table.size).toBe(222);
    expect(reader.readHex('4883 640e ffc1 c0bf')).toEqual([[':status', '307'], PRIVATE, DATE, LOCATION]);
    expect(reader.decoder.table.size).toBe(222);
    const third =
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07';
    const later: FieldPair = ['date', 'Mon, 21 Oct 2013 20:13:22 GMT'];
    expect(reader.readHex(third)).toEqual([
      [':status', '200'],
      PRIVATE,
      later,
      LOCATION,
      ['content-encoding', 'gzip'],
      COOKIE,
    ]);
    expect(reader.decoder.table.size).toBe(215);
    expect(reader.decoder.table.count).toBe(3);
  });
});

describe('a block is refused', () => {
  it.each([
    ['index 0', '80'],
    ['an index beyond both tables', 'be'],
    ['a name index beyond both tables', '7e 01 61'],
    ['an index that is cut off', 'ff'],
    ['an integer of more than four further bytes', 'ff 80 80 80 80 80 01'],
    ['an integer beyond 2^28', 'ff ff ff ff ff 7f'],
    ['a name that is cut off', '40 05 61 62'],
    ['no value', '40 01 61'],
    ['a value that is cut off', '40 01 61 05 62'],
    ['a value whose length is cut off', '40 01 61 7f'],
    ['a table size above 4,096', '3f e2 1f'],
    ['a table size behind a field', '82 20'],
    ['a table size that is cut off', '3f'],
    ['padding of more than seven bits', '00 01 61 82 1f ff'],
    ['padding that is not all ones', '00 01 61 81 1e'],
    ['the end-of-string symbol', '00 01 61 84 ff ff ff ff'],
  ])('with %s', (_what, hex) => {
    const reader = new BlockReader();
    expect(reader.readHex(hex)).toBeNull();
    expect(reader.decoder.problem).not.toBe('');
  });
});

describe('the table', () => {
  it('takes a size of 0 and then 4,096 in front of a block, and forgets what it held', () => {
    const reader = new BlockReader();
    reader.readHex('40 01 61 01 62');
    expect(reader.readHex('20 3f e1 1f 82')).toEqual([GET]);
    expect(reader.decoder.table.count).toBe(0);
    expect(reader.readHex('be')).toBeNull();
  });

  it('is emptied by a field larger than itself, which is no error', () => {
    const reader = new BlockReader();
    reader.readHex('40 01 61 01 62');
    const large = Buffer.concat([Buffer.from('4001617fa11f', 'hex'), Buffer.alloc(4_128, 'x')]);
    expect(reader.read(large)).toEqual([['a', 'x'.repeat(4_128)]]);
    expect(reader.decoder.table.count).toBe(0);
  });

  it('holds at most 4,096 bytes however many fields come', () => {
    const reader = new BlockReader();
    for (let i = 0; i < 2_000; i += 1) {
      const value = Buffer.from(String(i));
      reader.read(Buffer.concat([Buffer.from([0x40, 1, 0x61, value.length]), value]));
      expect(reader.decoder.table.size).toBeLessThanOrEqual(4_096);
    }
    expect(reader.readHex('be')).toEqual([['a', '1999']]);
    expect(reader.decoder.table.bytes.length).toBeLessThanOrEqual(16_384);
  });
});

describe('the size of a list', () => {
  it('is counted as the fields come: of 60,000 references to a field of 4,000 bytes sixteen are copied', () => {
    const reader = new BlockReader(65_536);
    const field = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xa1, 0x1e]), Buffer.alloc(4_000, 'x')]);
    const bomb = Buffer.concat([field, Buffer.alloc(60_000, 0xbe)]);
    expect(reader.read(bomb)?.length).toBe(16);
    expect(reader.decoder.overflowed).toBe(true);
    expect(reader.readHex('be')?.length).toBe(1);
    expect(reader.decoder.overflowed).toBe(false);
  });

  it('counts 32 bytes for each field, the empty one too', () => {
    const reader = new BlockReader(100);
    expect(reader.readHex('82 82')?.length).toBe(2);
    expect(reader.decoder.overflowed).toBe(false);
    expect(reader.readHex('82 82 82')?.length).toBe(2);
    expect(reader.decoder.overflowed).toBe(true);
  });

  it('keeps the table true beyond the limit', () => {
    const reader = new BlockReader(80);
    reader.readHex('82 82 40 01 61 01 62');
    expect(reader.readHex('be')).toEqual([['a', 'b']]);
  });
});
