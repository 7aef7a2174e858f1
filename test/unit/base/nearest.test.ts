// Promises of the nearest known name.
import { nearest } from '../../../src/base/nearest.ts';

describe('nearest', () => {
  it('finds a name that one slip away was meant', () => {
    expect(nearest('endpiont', ['proxy', 'endpoints', 'up'])).toBe('endpoints');
    expect(nearest('PROXI', ['proxy', 'endpoints'])).toBe('proxy');
  });

  it('counts two swapped neighbours as one slip', () => {
    expect(nearest('flie', ['file'])).toBe('file');
    expect(nearest('pu', ['up'])).toBeNull();
  });

  it('names nothing where more than a third would have to change', () => {
    expect(nearest('dashboard', ['proxy', 'endpoints', 'up'])).toBeNull();
    expect(nearest('', ['up'])).toBeNull();
  });

  it('lets the first win a tie', () => {
    expect(nearest('abcx', ['abca', 'abcb'])).toBe('abca');
  });

  it('does not compare names of more than 128 characters', () => {
    expect(nearest('a'.repeat(129), ['a'.repeat(128)])).toBeNull();
    expect(nearest('a'.repeat(128), ['a'.repeat(129)])).toBeNull();
    expect(nearest('a'.repeat(128), ['a'.repeat(127)])).not.toBeNull();
  });
});
