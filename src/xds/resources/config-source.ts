// Where referenced resources come from: always the stream that brought the reference.
import type { MessageInitShape } from '@bufbuild/protobuf';
import {
  ApiVersion,
  type ConfigSource,
  type ConfigSourceSchema,
} from '../gen/envoy/config/core/v3/config_source_pb.ts';
import type { DecodeContext } from './decode-context.ts';

export function encodeAdsSource(): MessageInitShape<typeof ConfigSourceSchema> {
  return { configSourceSpecifier: { case: 'ads', value: {} }, resourceApiVersion: ApiVersion.V3 };
}

/** Reports everything but `ads` and `self`. */
export function checkAdsSource(source: ConfigSource | undefined, context: DecodeContext, path: string): void {
  const kind = source?.configSourceSpecifier.case;
  if (kind === 'ads' || kind === 'self') return;
  context.refuse(
    path,
    `is ${kind ?? 'absent, or of a kind that is not known here'}`,
    'use ads or self: a sidecar has one control plane',
  );
}
