// What a field of a message asks for, in words.
import { type DescField, ScalarType } from '@bufbuild/protobuf';

const SCALAR_WORDS: Readonly<Partial<Record<ScalarType, string>>> = {
  [ScalarType.STRING]: 'a text',
  [ScalarType.BOOL]: 'true or false',
  [ScalarType.BYTES]: 'bytes as base64',
  [ScalarType.UINT32]: 'a whole number from 0 to 4294967295',
  [ScalarType.UINT64]: 'a whole number from 0',
  [ScalarType.INT32]: 'a whole number',
  [ScalarType.INT64]: 'a whole number',
};

const WELL_KNOWN = 'google.protobuf.';

const MESSAGE_WORDS: Readonly<Record<string, string>> = {
  'google.protobuf.Duration': 'a duration in seconds, such as 5s or 0.25s',
  'google.protobuf.Struct': 'a mapping',
  'google.protobuf.BoolValue': 'true or false',
  'google.protobuf.UInt32Value': 'a whole number from 0 to 4294967295',
  'google.protobuf.UInt64Value': 'a whole number from 0',
};

export const ANY = `${WELL_KNOWN}Any`;

/** Its values are read by Protobuf's own JSON mapping, whole. */
export function isLeaf(field: DescField): boolean {
  return (
    field.message === undefined || (field.message.typeName.startsWith(WELL_KNOWN) && field.message.typeName !== ANY)
  );
}

/** What one value of `field` should be. */
export function describeValue(field: DescField): string {
  if (field.name === 'port_value') return 'a port, from 0 to 65535';
  if (field.enum !== undefined) return `one of ${field.enum.values.map(({ name }) => name).join(', ')}`;
  if (field.message !== undefined) return MESSAGE_WORDS[field.message.typeName] ?? 'a mapping';
  return (field.scalar === undefined ? undefined : SCALAR_WORDS[field.scalar]) ?? 'a number';
}
