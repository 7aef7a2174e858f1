// How large heads may be, as listeners and clusters say it on the wire.
import { create, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../../../src/base/result.ts';
import { ClusterSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { HttpProtocolOptionsSchema } from '../../../../src/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';
import { DecodeContext } from '../../../../src/xds/resources/decode-context.ts';
import { decodeFieldCount, decodeHeadBytes } from '../../../../src/xds/resources/head-limits.ts';

describe('a limit of heads', () => {
  it.each([
    ['absent', decodeHeadBytes, undefined, {}, []],
    ['1 KiB', decodeHeadBytes, 1, { limit: 1_024 }, []],
    ['8 MiB', decodeHeadBytes, 8_192, { limit: 8_388_608 }, []],
    ['nothing', decodeHeadBytes, 0, { limit: 0 }, ['at: is 0; use 1 to 8192']],
    ['more than 8 MiB', decodeHeadBytes, 8_193, { limit: 8_389_632 }, ['at: is 8193; use 1 to 8192']],
    ['10,000 fields', decodeFieldCount, 10_000, { limit: 10_000 }, []],
    ['no fields', decodeFieldCount, 0, { limit: 0 }, ['at: is 0; use 1 to 10000']],
    ['10,001 fields', decodeFieldCount, 10_001, { limit: 10_001 }, ['at: is 10001; use 1 to 10000']],
  ])('of %s is read, or refused with its bounds', (_what, decode, value, expected, issues) => {
    const context = new DecodeContext('a listener');
    expect(decode('limit', value, context, 'at')).toEqual(expected);
    expect(context.issues.map(renderIssue)).toEqual(issues.map((line) => `a listener: ${line}`));
  });
});

describe('a cluster', () => {
  it('is taken with its limits of heads and of connections; what only streams of callers have is recorded', () => {
    const options = create(HttpProtocolOptionsSchema, {
      commonHttpProtocolOptions: {
        idleTimeout: { seconds: 1n },
        maxHeadersCount: 7,
        maxConnectionDuration: { seconds: 1n },
        maxStreamDuration: { seconds: 1n },
        maxRequestsPerConnection: 5,
        maxResponseHeadersKb: 9,
      },
    });
    const message = create(ClusterSchema, {
      name: 'c',
      typedExtensionProtocolOptions: { http: anyPack(HttpProtocolOptionsSchema, options) },
    });
    const { result, ignored } = CLUSTER_TYPE.decode(toBinary(ClusterSchema, message));
    expect(result).toMatchObject({
      ok: true,
      value: {
        ...{ maxResponseHeadBytes: 9_216, maxResponseFields: 7 },
        connections: { idleTimeoutMs: 1_000, maxRequests: 5, maxAgeMs: 1_000 },
      },
    });
    const at = 'typed_extension_protocol_options["http"].common_http_protocol_options';
    expect(ignored).toEqual([`${at}.max_stream_duration`]);
  });
});
