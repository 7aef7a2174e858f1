// The frame of every decoder: bytes → message → field audit → spec, with all problems collected.
import { type DescMessage, fromBinary, type MessageShape } from '@bufbuild/protobuf';
import { messageOf } from '../../base/coded-error.ts';
import { errorIssue, fail, ok } from '../../base/result.ts';
import { auditFields } from './audit-fields.ts';
import { DecodeContext } from './decode-context.ts';
import type { DecodedResource } from './resource-type.ts';

export interface Decoding<Desc extends DescMessage, Spec> {
  readonly schema: Desc;
  /** `cluster`, …: for messages. */
  readonly noun: string;
  nameOf(message: MessageShape<Desc>): string;
  /** Reports what is wrong to `context` and goes on with any value: the spec is only used when nothing was reported. */
  build(message: MessageShape<Desc>, context: DecodeContext): Spec;
}

export function decodeResource<Desc extends DescMessage, Spec>(
  decoding: Decoding<Desc, Spec>,
  bytes: Uint8Array,
): DecodedResource<Spec> {
  const message = parse(decoding, bytes);
  if (typeof message === 'string') return unreadable(decoding.noun, message);
  const name = decoding.nameOf(message);
  const context = new DecodeContext(`${decoding.noun} "${name}"`);
  if (name === '') context.refuse('', 'has no name', 'give it one');
  auditFields(decoding.schema, message, context, '');
  const spec = decoding.build(message, context);
  const result = context.issues.length === 0 ? ok(spec) : fail(context.issues);
  return { name, result, ignored: context.ignored };
}

function parse<Desc extends DescMessage, Spec>(decoding: Decoding<Desc, Spec>, bytes: Uint8Array) {
  try {
    return fromBinary(decoding.schema, bytes);
  } catch (error) {
    return messageOf(error);
  }
}

/** The answer to bytes that are no message at all. */
export function unreadable(noun: string, reason: string): DecodedResource<never> {
  const issue = errorIssue(`cannot be read as Protobuf: ${reason}`, {
    source: noun,
    remedy: 'check that the control plane speaks xDS v3',
  });
  return { name: '', result: fail([issue]), ignored: [] };
}
