// Envoy's own words for where a session is: the endpoint's address in base64, in a cookie with the time at which it ends.

/** What an Envoy says. */
export interface AddressToken {
  /** `host:port`, as it was written. */
  readonly address: string;
  /** Seconds since the Unix epoch; 0 = for ever. */
  readonly endsAtS: number;
}

/** Longer ones name no address. Source: IPv6 with a port has 47 characters, and a little more is left for what may come. */
const MAX_BYTES = 128;
/** Field numbers 1 and 2 of envoy.Cookie with their wire types. Source: source/extensions/http/stateful_session/cookie/cookie.proto. */
const ADDRESS_TAG = 0x0a;
const EXPIRES_TAG = 0x10;
/**
 * Envoy counts from the start of its machine and not from 1970, so that its cookies end at another time on each machine. Such times cannot be
 * compared here and are not kept.
 */
const FIRST_WALL_SECOND = 1_000_000_000;

/** The value of a cookie. */
export function renderAddressCookie({ address, endsAtS }: AddressToken): string {
  const text = Buffer.from(address, 'latin1');
  const expires = endsAtS === 0 ? [] : [EXPIRES_TAG, ...varint(endsAtS)];
  return Buffer.from([ADDRESS_TAG, text.length, ...text, ...expires]).toString('base64');
}

/** Null where nothing of it is an address. The older form, an address and nothing else, is read too. */
export function parseAddressCookie(value: string): AddressToken | null {
  const bytes = decode(value);
  if (bytes === null) return null;
  const token = readMessage(bytes) ?? { address: bytes.toString('latin1'), endsAtS: 0 };
  return token.address === '' ? null : token;
}

/** The value of a header. */
export function renderAddressHeader(address: string): string {
  return Buffer.from(address, 'latin1').toString('base64');
}

export function parseAddressHeader(value: string): AddressToken | null {
  const bytes = decode(value);
  return bytes === null ? null : { address: bytes.toString('latin1'), endsAtS: 0 };
}

function decode(value: string): Buffer | null {
  if (value === '' || value.length > 2 * MAX_BYTES) return null;
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === 0 || bytes.length > MAX_BYTES ? null : bytes;
}

/** Null = these bytes are no message. */
function readMessage(bytes: Buffer): AddressToken | null {
  let address = '';
  let endsAtS = 0;
  let at = 0;
  while (at < bytes.length) {
    const tag = bytes[at];
    at += 1;
    if (tag === ADDRESS_TAG) {
      const end = at + 1 + (bytes[at] ?? MAX_BYTES);
      if (end > bytes.length) return null;
      address = bytes.toString('latin1', at + 1, end);
      at = end;
    } else if (tag === EXPIRES_TAG) {
      const [value, next] = readVarint(bytes, at);
      if (next < 0) return null;
      endsAtS = value < FIRST_WALL_SECOND ? 0 : value;
      at = next;
    } else {
      return null;
    }
  }
  return { address, endsAtS };
}

/** The number and where it ends; −1 = it does not end. */
function readVarint(bytes: Buffer, start: number): readonly [number, number] {
  let value = 0;
  let scale = 1;
  for (let at = start; at < bytes.length && at < start + 8; at += 1) {
    const byte = bytes[at] as number;
    value += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) return [value, at + 1];
  }
  return [0, -1];
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}
