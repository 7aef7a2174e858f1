// Access logs that other control planes ask for: which are written, which are recorded and left out, which are a mistake.
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { type Any, AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../../../src/base/result.ts';
import { type AccessLog, AccessLogSchema } from '../../../../src/xds/gen/envoy/config/accesslog/v3/accesslog_pb.ts';
import { FileAccessLogSchema } from '../../../../src/xds/gen/envoy/extensions/access_loggers/file/v3/file_pb.ts';
import { decodeAccessLogs } from '../../../../src/xds/resources/access-log.ts';
import { auditFields } from '../../../../src/xds/resources/audit-fields.ts';
import { DecodeContext } from '../../../../src/xds/resources/decode-context.ts';

const PREFIX = 'type.googleapis.com/envoy.extensions.access_loggers';

interface Verdict {
  readonly paths: readonly string[];
  readonly refused: readonly string[];
  readonly ignored: readonly string[];
}

function log(value: Any | undefined, more: MessageInitShape<typeof AccessLogSchema> = {}): AccessLog {
  const init = value === undefined ? more : { ...more, configType: { case: 'typedConfig', value } as const };
  return create(AccessLogSchema, init);
}

function file(init: MessageInitShape<typeof FileAccessLogSchema>): Any {
  return anyPack(FileAccessLogSchema, create(FileAccessLogSchema, init));
}

function any(type: string, value: Uint8Array<ArrayBuffer> = new Uint8Array()): Any {
  return create(AnySchema, { typeUrl: `${PREFIX}.${type}`, value });
}

function decode(...logs: AccessLog[]): Verdict {
  const context = new DecodeContext('listener "l"');
  for (const [i, message] of logs.entries()) auditFields(AccessLogSchema, message, context, `log[${i}]`);
  const paths = decodeAccessLogs(logs, context, 'log');
  return { paths, refused: context.issues.map(renderIssue), ignored: context.ignored };
}

describe('the access logs of a connection manager', () => {
  it('are files and the standard streams, in their order, with nothing left out', () => {
    const logs = [
      log(file({ path: '/var/log/a.log' })),
      log(any('stream.v3.StdoutAccessLog')),
      log(any('stream.v3.StderrAccessLog')),
    ];
    expect(decode(...logs)).toEqual({
      paths: ['/var/log/a.log', '/dev/stdout', '/dev/stderr'],
      refused: [],
      ignored: [],
    });
  });

  it('are left out and recorded where they go to another place', () => {
    const logs = [log(any('open_telemetry.v3.OpenTelemetryAccessLogConfig')), log(undefined, { name: 'old.style' })];
    expect(decode(...logs)).toEqual({ paths: [], refused: [], ignored: ['log[0]', 'log[1]'] });
  });

  it('are written where a format or a filter is left out, which is recorded', () => {
    const formatted = file({ path: '/a', accessLogFormat: { case: 'format', value: '%PROTOCOL%\n' } });
    const message = log(formatted);
    // AccessLog.filter, which proto/ does not describe.
    message.$unknown = [{ no: 2, wireType: 2, data: new Uint8Array([0]) }];
    expect(decode(message)).toEqual({
      paths: ['/a'],
      refused: [],
      ignored: ['log[0].#2', 'log[0].typed_config.format'],
    });
  });

  it.each<[string, Any, string]>([
    ['a file without a path', file({}), 'listener "l": log[0].typed_config.path: is empty; name a file'],
    [
      'bytes that are no file logger',
      any('file.v3.FileAccessLog', new Uint8Array([0xff])),
      'listener "l": log[0].typed_config: cannot be read as envoy.extensions.access_loggers.file.v3.FileAccessLog',
    ],
  ])('are refused with %s', (_, value, line) => {
    expect(decode(log(value)).refused[0]).toContain(line);
  });
});
