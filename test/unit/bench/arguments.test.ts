// How the benches read their command lines.
import { readArguments, readCount, readNames, UsageError } from '../../../bench/arguments.ts';

describe('readArguments', () => {
  const options = { rounds: { type: 'string', default: '5' } } as const;

  it('gives options, their defaults and what stands beside them', () => {
    expect(readArguments(['--rounds', '7', 'name'], options)).toMatchObject({
      values: { rounds: '7' },
      positionals: ['name'],
    });
    expect(readArguments([], options).values.rounds).toBe('5');
  });

  it('calls an option that is not in the table wrong usage', () => {
    expect(() => readArguments(['--round', '7'], options)).toThrow(UsageError);
  });
});

describe('readCount', () => {
  it('takes whole numbers from 1 to the maximum', () => {
    expect(readCount('--rounds', '1', 10)).toBe(1);
    expect(readCount('--rounds', '10', 10)).toBe(10);
  });

  it.each(['0', '11', '1.5', '-3', '', 'many'])('refuses %j and names the option', (text) => {
    expect(() => readCount('--rounds', text, 10)).toThrow(
      new UsageError(`--rounds: ${text} is not a whole number from 1 to 10`),
    );
  });
});

describe('readNames', () => {
  it('takes known names between commas, and none of an empty text', () => {
    expect(readNames('--only', 'b,a', ['a', 'b', 'c'])).toEqual(['b', 'a']);
    expect(readNames('--only', '', ['a'])).toEqual([]);
  });

  it('names what it does not know, and what it does', () => {
    expect(() => readNames('--only', 'a,x,y', ['a', 'b'])).toThrow(new UsageError('--only: x, y is none of a, b'));
  });
});
