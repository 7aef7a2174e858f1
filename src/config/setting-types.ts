// The types that settings have: how each is written, read and described.
import { isIP } from 'node:net';
import { errorIssue, fail, ok, type Result } from '../base/result.ts';
import type { SocketAddressSpec } from '../model/listener-spec.ts';
import { type AddressUse, parseSocketAddress } from './parse-address.ts';
import { parseDuration, parseSize } from './parse-quantity.ts';
import { quote } from './quote.ts';
import type { SettingType } from './setting.ts';

/** Lists are bounded: a sidecar listens on few addresses. */
const LONGEST_LIST = 16;

export const durationType: SettingType<number> = {
  describe: 'a duration such as `250ms`, `10s`, `5m` or `1h`',
  parse: parseDuration,
};

export function sizeType(minBytes: number, maxBytes: number, range: string): SettingType<number> {
  return {
    describe: `a size such as \`512B\`, \`64KiB\` or \`1MiB\`, ${range}`,
    parse: (text) => within(parseSize(text), text, minBytes, maxBytes, range),
  };
}

export function countType(min: number, max: number): SettingType<number> {
  const range = `from ${min} to ${max}`;
  return {
    describe: `a whole number ${range}`,
    parse: (text) => within(parseCount(text), text, min, max, range),
  };
}

export function choiceType<const Choice extends string>(choices: readonly Choice[]): SettingType<Choice> {
  const list = choices.map((choice) => `\`${choice}\``).join(', ');
  return {
    describe: `one of ${list}`,
    parse(text) {
      const found = choices.find((choice) => choice === text);
      return found === undefined
        ? refuse(text, 'is not one of its values', `write one of ${choices.join(', ')}`)
        : ok(found);
    },
  };
}

/** A Kubernetes name (RFC 1123 subdomain): pods, namespaces, domains. */
/** A value of a Kubernetes label. */
export const labelValueType: SettingType<string> = {
  describe: 'a label value: letters, digits, `-`, `_` and `.`, at most 63 characters',
  parse: (text) =>
    /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text)
      ? ok(text)
      : refuse(text, 'is not a label value', 'write letters, digits, "-", "_" and "." only, at most 63'),
};

export const nameType: SettingType<string> = {
  describe: 'a name of lower-case letters, digits, `-` and `.`, at most 253 characters',
  parse(text) {
    const labels = text.split('.');
    const valid = text.length <= 253 && labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label));
    return valid
      ? ok(text)
      : refuse(text, 'is not a Kubernetes name', 'write lower-case letters, digits, "-" and "." only');
  },
};

export const ipType: SettingType<string> = {
  describe: 'an IPv4 or IPv6 address',
  parse(text) {
    return isIP(text) === 0
      ? refuse(text, 'is not an IP address', 'write it as 10.0.0.5 or fd00::5, without a port')
      : ok(text);
  },
};

export function addressType(use: AddressUse): SettingType<SocketAddressSpec> {
  return {
    describe: use === 'listen' ? '`IP:PORT`, IPv6 in brackets' : '`HOST:PORT`, IPv6 in brackets',
    parse: (text) => parseSocketAddress(text, use),
  };
}

/** At least one; every bad one is reported. */
export const addressListType: SettingType<readonly SocketAddressSpec[]> = {
  describe: `\`IP:PORT\` addresses, separated by commas, at most ${LONGEST_LIST}`,
  parse(text) {
    const parts = text.split(',', LONGEST_LIST + 1).map((part) => part.trim());
    if (parts.length > LONGEST_LIST) {
      return refuse(text, `has more than ${LONGEST_LIST} addresses`, 'leave some out');
    }
    const results = parts.map((part) => parseSocketAddress(part, 'listen'));
    const issues = results.flatMap((result) => (result.ok ? [] : result.issues));
    return issues.length > 0 ? fail(issues) : ok(results.flatMap((result) => (result.ok ? [result.value] : [])));
  },
};

/** Null where nothing is written. */
export function optionalType<Value>(type: SettingType<Value>): SettingType<Value | null> {
  return {
    describe: `${type.describe}; or nothing`,
    parse: (text) => (text === '' ? ok(null) : type.parse(text)),
  };
}

function parseCount(text: string): Result<number> {
  return /^\d{1,15}$/.test(text)
    ? ok(Number(text))
    : refuse(text, 'is not a whole number', 'write digits only, such as 100');
}

function within(result: Result<number>, text: string, min: number, max: number, range: string): Result<number> {
  if (!result.ok || (result.value >= min && result.value <= max)) return result;
  return refuse(text, 'is out of range', `write a value ${range}`);
}

function refuse(text: string, problem: string, remedy: string): Result<never> {
  return fail([errorIssue(`${quote(text)} ${problem}`, { remedy })]);
}
