// The range of pod addresses: what may be asked for, and in which order it is handed out.
import { AddressPool } from '../../../src/local/address-pool.ts';
import { formatIpv4, type PodCidr, parsePodCidr } from '../../../src/local/pod-cidr.ts';

function cidr(text: string): PodCidr {
  const result = parsePodCidr(text);
  if (!result.ok) throw new Error(`${text} is refused`);
  return result.value;
}

async function take(pool: AddressPool, count: number): Promise<(string | null)[]> {
  const addresses: (string | null)[] = [];
  for (let index = 0; index < count; index += 1) addresses.push(await pool.allocate());
  return addresses;
}

const all = { claim: async () => true };

describe('parsePodCidr', () => {
  it('reads base and size', () => {
    expect(cidr('127.1.0.0/16')).toEqual({ base: 0x7f010000, size: 65_536, text: '127.1.0.0/16' });
    expect(formatIpv4(cidr('127.1.2.0/24').base)).toBe('127.1.2.0');
  });

  it.each([
    ['127.1.0.0', 'form'],
    ['127.1.0.0/16/3', 'form'],
    ['127.1.0/16', 'form'],
    ['127.1.0.256/16', 'form'],
    ['127.01.0.0/16', 'form'],
    ['127.1.0.0/30', '9 to 29'],
    ['127.0.0.0/8', '9 to 29'],
    ['127.1.0.5/24', '127.1.0.0 does'],
    ['10.0.0.0/16', 'not inside 127.0.0.0/8'],
    ['127.0.0.0/16', 'contains 127.0.0.1'],
  ])('refuses %s', (text, why) => {
    const result = parsePodCidr(text);
    expect(result.ok ? '' : result.issues[0]?.message).toContain(why);
  });
});

describe('AddressPool', () => {
  it('hands out one after the other, without .0 and .255', async () => {
    const pool = new AddressPool(cidr('127.1.0.0/16'), all);
    expect(await take(pool, 2)).toEqual(['127.1.0.1', '127.1.0.2']);
    expect((await take(pool, 253)).slice(-2)).toEqual(['127.1.0.254', '127.1.1.1']);
  });

  it('gives no address again before the range has wrapped', async () => {
    const pool = new AddressPool(cidr('127.1.0.0/29'), all);
    expect(await take(pool, 3)).toEqual(['127.1.0.1', '127.1.0.2', '127.1.0.3']);
    pool.release('127.1.0.2');
    expect(await take(pool, 5)).toEqual(['127.1.0.4', '127.1.0.5', '127.1.0.6', '127.1.0.7', '127.1.0.2']);
    expect(await pool.allocate()).toBeNull();
  });

  it('leaves blocks to the supervisor that has claimed them', async () => {
    const claimed: string[] = [];
    const claims = { claim: async (block: string) => claimed.push(block) > 2 };
    const pool = new AddressPool(cidr('127.1.0.0/16'), claims);
    expect(await pool.ownsFirstBlock()).toBe(false);
    expect(await take(pool, 2)).toEqual(['127.1.2.1', '127.1.2.2']);
    expect(claimed).toEqual(['127.1.0.0', '127.1.1.0', '127.1.2.0']);
  });

  it('gives two callers at the same time two addresses', async () => {
    const pool = new AddressPool(cidr('127.1.0.0/16'), all);
    expect(await Promise.all([pool.allocate(), pool.allocate()])).toEqual(['127.1.0.1', '127.1.0.2']);
  });
});
