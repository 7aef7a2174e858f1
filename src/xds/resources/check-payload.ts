// What a health check sends and waits for, as hexadecimal digits ↔ envoy.config.core.v3.HealthCheck.Payload.
import type { MessageInitShape } from '@bufbuild/protobuf';
import type { HealthCheck_Payload, HealthCheck_PayloadSchema } from '../gen/envoy/config/core/v3/health_check_pb.ts';
import type { DecodeContext } from './decode-context.ts';

const HEX = '0123456789abcdef';

export function decodePayload(
  message: HealthCheck_Payload | undefined,
  context: DecodeContext,
  path: string,
): { readonly send?: string } {
  return message === undefined ? {} : { send: digitsOf(message, context, path) };
}

export function checkPayloads(
  messages: readonly HealthCheck_Payload[],
  context: DecodeContext,
  path: string,
): { readonly receive?: readonly string[] } {
  if (messages.length === 0) return {};
  return { receive: messages.map((message, index) => digitsOf(message, context, `${path}[${index}]`)) };
}

export function encodePayload(digits: string): MessageInitShape<typeof HealthCheck_PayloadSchema> {
  return { payload: { case: 'text', value: digits } };
}

function digitsOf({ payload }: HealthCheck_Payload, context: DecodeContext, path: string): string {
  const digits = payload.case === 'binary' ? Buffer.from(payload.value).toString('hex') : (payload.value ?? '');
  const lower = digits.toLowerCase();
  const isHex = lower.length % 2 === 0 && [...lower].every((digit) => HEX.includes(digit));
  if (lower === '' || !isHex)
    context.refuse(path, 'is no even number of hexadecimal digits', 'write bytes as 2 digits each');
  return lower;
}
