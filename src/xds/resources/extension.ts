// Typed extensions: messages inside google.protobuf.Any, told apart by their type URL, never by their name.
import { create, type DescMessage, fromBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { type Any, anyPack } from '@bufbuild/protobuf/wkt';
import { messageOf } from '../../base/coded-error.ts';
import { auditFields } from './audit-fields.ts';
import type { DecodeContext } from './decode-context.ts';

export function packExtension<Desc extends DescMessage>(schema: Desc, init: MessageInitShape<Desc>): Any {
  return anyPack(schema, create(schema, init));
}

/** The message name behind a type URL; '' where there is none. */
export function extensionType(any: Any | undefined): string {
  const url = any?.typeUrl ?? '';
  return url.slice(url.lastIndexOf('/') + 1);
}

/** The message in `any`, audited; null when it is not readable, which is reported. */
export function unpackExtension<Desc extends DescMessage>(
  schema: Desc,
  any: Any,
  context: DecodeContext,
  path: string,
): MessageShape<Desc> | null {
  try {
    const message = fromBinary(schema, any.value);
    auditFields(schema, message, context, path);
    return message;
  } catch (error) {
    context.refuse(
      path,
      `cannot be read as ${schema.typeName}: ${messageOf(error)}`,
      'send the type that its URL names',
    );
    return null;
  }
}
