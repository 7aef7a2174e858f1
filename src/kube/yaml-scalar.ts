// What a plain YAML word means to kubectl: its parser keeps YAML 1.1's words for true and false and its forms of numbers.
import { Scalar, type ScalarTag } from 'yaml';

const NULLS: ReadonlySet<string> = new Set(['', '~', 'null', 'Null', 'NULL']);
const TRUES: ReadonlySet<string> = new Set('y Y yes Yes YES on On ON true True TRUE'.split(' '));
const FALSES: ReadonlySet<string> = new Set('n N no No NO off Off OFF false False FALSE'.split(' '));

const INTEGER = /^[-+]?(?:0x[0-9a-fA-F]+|0b[01]+|0o?[0-7]+|[1-9][0-9]*|0)$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
const INFINITY = /^[-+]?\.(?:inf|Inf|INF)$/;

/** Seen with kubectl 1.32: `yes` is true, 0777 is 511, 1_000 is 1000, 1:30 and 2001-01-01 are texts. */
export function resolvePlainScalar(text: string): string | number | boolean | null {
  if (NULLS.has(text)) return null;
  if (TRUES.has(text)) return true;
  if (FALSES.has(text)) return false;
  return resolveNumber(text) ?? text;
}

function resolveNumber(text: string): number | null {
  const first = text.charCodeAt(0);
  const mayBeNumber = (first >= 0x30 && first <= 0x39) || first === 0x2b || first === 0x2d || first === 0x2e;
  if (!mayBeNumber) return null;
  const digits = text.replaceAll('_', '');
  if (INTEGER.test(digits)) return parseInteger(digits);
  if (INFINITY.test(text)) return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (!FLOAT.test(digits)) return null;
  const value = Number(digits);
  return Number.isFinite(value) ? value : null;
}

function parseInteger(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.startsWith('-') || text.startsWith('+') ? text.slice(1) : text;
  const octal = digits.length > 1 && digits.startsWith('0') && !/[xbo]/.test(digits[1] ?? '');
  const value = octal ? Number.parseInt(digits, 8) : Number(digits);
  return value === 0 ? 0 : sign * value;
}

/** Takes every plain scalar: the schema's other tags are never asked. */
export const PLAIN_SCALAR: ScalarTag = {
  tag: 'tag:yaml.org,2002:null',
  default: true,
  test: /^/,
  resolve: (text) => new Scalar(resolvePlainScalar(text)),
};
