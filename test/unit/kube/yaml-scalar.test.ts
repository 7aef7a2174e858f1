// Promises of plain YAML words: each row was seen with kubectl 1.32.
import { resolvePlainScalar } from '../../../src/kube/yaml-scalar.ts';

const ROWS: readonly (readonly [text: string, value: string | number | boolean | null])[] = [
  ['yes', true],
  ['y', true],
  ['on', true],
  ['off', false],
  ['NO', false],
  ['True', true],
  ['yEs', 'yEs'],
  ['', null],
  ['~', null],
  ['Null', null],
  ['0x1f', 31],
  ['-0x1f', -31],
  ['0777', 511],
  ['0o17', 15],
  ['-0o7', -7],
  ['0b11', 3],
  ['08', 8],
  ['0o9', '0o9'],
  ['+1', 1],
  ['-0', 0],
  ['1_000', 1000],
  ['1.0', 1],
  ['1.', 1],
  ['.5', 0.5],
  ['1e3', 1000],
  ['12e', '12e'],
  ['1e400', '1e400'],
  ['1:30', '1:30'],
  ['2001-01-01', '2001-01-01'],
  ['10.96.0.10', '10.96.0.10'],
  ['-', '-'],
  ['.', '.'],
  ['nan', 'nan'],
  ['<<', '<<'],
];

describe('plain scalars', () => {
  it.each(ROWS)('reads %j as %j, as kubectl does', (text, value) => {
    expect(resolvePlainScalar(text)).toBe(value);
  });
});
