// Access logs of a connection manager: paths ↔ envoy.config.accesslog.v3.AccessLog.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import type { AccessLog, AccessLogSchema } from '../gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { FileAccessLogSchema } from '../gen/envoy/extensions/access_loggers/file/v3/file_pb.ts';
import type { DecodeContext } from './decode-context.ts';
import { extensionType, packExtension, unpackExtension } from './extension.ts';

const STREAM_PATHS: Readonly<Record<string, string>> = {
  'envoy.extensions.access_loggers.stream.v3.StdoutAccessLog': '/dev/stdout',
  'envoy.extensions.access_loggers.stream.v3.StderrAccessLog': '/dev/stderr',
};

export function encodeAccessLog(path: string): MessageInitShape<typeof AccessLogSchema> {
  const typedConfig = packExtension(FileAccessLogSchema, { path });
  return { name: 'envoy.access_loggers.file', configType: { case: 'typedConfig', value: typedConfig } };
}

/** The paths that lines go to. A log of another kind is recorded: traffic means the same without it. */
export function decodeAccessLogs(messages: readonly AccessLog[], context: DecodeContext, path: string): string[] {
  const paths: string[] = [];
  for (const [i, message] of messages.entries()) {
    const at = `${path}[${i}]`;
    const any = message.configType.value;
    const type = extensionType(any);
    const stream = STREAM_PATHS[type];
    if (stream !== undefined) {
      paths.push(stream);
    } else if (any === undefined || type !== FileAccessLogSchema.typeName) {
      context.ignore(at);
    } else {
      const file =
        unpackExtension(FileAccessLogSchema, any, context, `${at}.typed_config`) ?? create(FileAccessLogSchema);
      if (file.path === '') context.refuse(`${at}.typed_config.path`, 'is empty', 'name a file');
      paths.push(file.path);
    }
  }
  return paths;
}
