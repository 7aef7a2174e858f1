// Header changes: HeaderChangesSpec ↔ the four fields that a route, a virtual host, a route configuration and a weighted cluster have for them.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  HEADER_ACTIONS,
  type HeaderAction,
  type HeaderChangesSpec,
  type HeaderEditSpec,
  type HeaderToAddSpec,
  UNCHANGEABLE_HEADERS,
} from '../../model/header-changes-spec.ts';
import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
  type HeaderValueOptionSchema,
} from '../gen/envoy/config/core/v3/base_pb.ts';
import { type DecodeContext, joinPath } from './decode-context.ts';
import { isFieldValue, isToken } from './legal-text.ts';

/** What the four messages have in common. */
interface HeaderFields {
  readonly requestHeadersToAdd: readonly HeaderValueOption[];
  readonly requestHeadersToRemove: readonly string[];
  readonly responseHeadersToAdd: readonly HeaderValueOption[];
  readonly responseHeadersToRemove: readonly string[];
}

const APPEND_ACTIONS: Readonly<Record<HeaderAction, AppendAction>> = {
  append: AppendAction.APPEND_IF_EXISTS_OR_ADD,
  'add-if-absent': AppendAction.ADD_IF_ABSENT,
  overwrite: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
  'overwrite-if-exists': AppendAction.OVERWRITE_IF_EXISTS,
};

export function encodeHeaderChanges(spec: HeaderChangesSpec | undefined) {
  return {
    requestHeadersToAdd: (spec?.request?.add ?? []).map(encodeHeader),
    requestHeadersToRemove: [...(spec?.request?.remove ?? [])],
    responseHeadersToAdd: (spec?.response?.add ?? []).map(encodeHeader),
    responseHeadersToRemove: [...(spec?.response?.remove ?? [])],
  };
}

export function encodeHeader(spec: HeaderToAddSpec): MessageInitShape<typeof HeaderValueOptionSchema> {
  return {
    header: { key: spec.name, value: spec.value.replaceAll('%', '%%') },
    appendAction: APPEND_ACTIONS[spec.action],
    keepEmptyValue: spec.keepEmpty === true,
  };
}

/** An object with `headers`, or an empty one: to be spread into the spec. */
export function decodeHeaderChanges(
  message: HeaderFields,
  context: DecodeContext,
  path: string,
): { readonly headers?: HeaderChangesSpec } {
  const at = (field: string) => joinPath(path, field);
  const request = decodeEdit(
    message.requestHeadersToAdd,
    message.requestHeadersToRemove,
    context,
    at('request_headers'),
  );
  const response = decodeEdit(
    message.responseHeadersToAdd,
    message.responseHeadersToRemove,
    context,
    at('response_headers'),
  );
  if (request === null && response === null) return {};
  return { headers: { ...(request === null ? {} : { request }), ...(response === null ? {} : { response }) } };
}

function decodeEdit(
  add: readonly HeaderValueOption[],
  remove: readonly string[],
  context: DecodeContext,
  path: string,
): HeaderEditSpec | null {
  if (add.length === 0 && remove.length === 0) return null;
  return {
    add: add.map((option, i) => decodeHeader(option, context, `${path}_to_add[${i}]`)),
    remove: remove.map((name, i) => decodeName(name, context, `${path}_to_remove[${i}]`)),
  };
}

export function decodeHeader(option: HeaderValueOption, context: DecodeContext, path: string): HeaderToAddSpec {
  return {
    name: decodeName(option.header?.key ?? '', context, `${path}.header.key`),
    value: decodeValue(option, context, `${path}.header`),
    action: decodeAction(option, context, path),
    ...(option.keepEmptyValue ? { keepEmpty: true } : {}),
  };
}

function decodeName(name: string, context: DecodeContext, path: string): string {
  const lower = name.toLowerCase();
  if (UNCHANGEABLE_HEADERS.includes(lower) || name.startsWith(':')) {
    context.refuse(path, `"${name}" may not be changed`, 'leave it out');
  } else if (!isToken(name)) context.refuse(path, `"${name}" is not a field name`, 'use a token of RFC 9110');
  return lower;
}

function decodeAction(option: HeaderValueOption, context: DecodeContext, path: string): HeaderAction {
  const { append, appendAction } = option;
  if (append !== undefined && appendAction !== 0) {
    context.refuse(path, 'has append and append_action', 'keep append_action');
  }
  if (append !== undefined) return append ? 'append' : 'overwrite';
  const action = HEADER_ACTIONS.find((name) => APPEND_ACTIONS[name] === appendAction);
  if (action === undefined) context.refuse(`${path}.append_action`, `is ${appendAction}`, 'use 0 to 3');
  return action ?? 'append';
}

function decodeValue(option: HeaderValueOption, context: DecodeContext, path: string): string {
  const { value = '', rawValue } = option.header ?? {};
  const raw = rawValue === undefined || rawValue.length === 0 ? null : Buffer.from(rawValue);
  if (raw !== null && value !== '') context.refuse(path, 'has value and raw_value', 'keep one');
  const text = raw === null ? value : raw.toString('utf8');
  const at = `${path}.${raw === null ? 'value' : 'raw_value'}`;
  if (raw !== null && !Buffer.from(text).equals(raw)) context.refuse(at, 'is not UTF-8', 'use text');
  const variable = text.replaceAll('%%', '').match(/%[^%]*%?/)?.[0];
  if (variable !== undefined) {
    context.refuse(
      at,
      `"${variable}" is a variable, which is not supported`,
      'use plain text, and %% for a percent sign',
    );
  }
  if (!isFieldValue(text)) context.refuse(at, 'has a control character', 'leave it out');
  return text.replaceAll('%%', '%');
}
