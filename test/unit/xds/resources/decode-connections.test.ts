// What clusters say of their connections on the wire.
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { renderIssue } from '../../../../src/base/result.ts';
import { ClusterSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { HttpProtocolOptionsSchema as CommonOptionsSchema } from '../../../../src/xds/gen/envoy/config/core/v3/protocol_pb.ts';
import { HttpProtocolOptionsSchema } from '../../../../src/xds/gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';

function decode(message: MessageInitShape<typeof ClusterSchema>) {
  const { result } = CLUSTER_TYPE.decode(toBinary(ClusterSchema, create(ClusterSchema, { name: 'c', ...message })));
  return result.ok ? result.value.connections : result.issues.map(renderIssue);
}

function common(options: MessageInitShape<typeof CommonOptionsSchema>) {
  const http = create(HttpProtocolOptionsSchema, { commonHttpProtocolOptions: options });
  return decode({ typedExtensionProtocolOptions: { http: anyPack(HttpProtocolOptionsSchema, http) } });
}

describe('connections of a cluster', () => {
  it('are as the program was told where nothing is said of them', () => {
    expect(decode({})).toBeUndefined();
    expect(common({})).toBeUndefined();
  });

  it('are idle for ever with 0 s, and live for ever with 0 s or 0 requests', () => {
    expect(common({ idleTimeout: {}, maxConnectionDuration: {}, maxRequestsPerConnection: 0 })).toEqual({
      idleTimeoutMs: 0,
    });
  });

  it('are asked by the operating system, with what Linux has where a field is absent', () => {
    expect(decode({ upstreamConnectionOptions: { tcpKeepalive: {} } })).toEqual({
      tcpKeepalive: { timeS: 7_200, intervalS: 75, probes: 9 },
    });
    const tcpKeepalive = { keepaliveTime: 30, keepaliveInterval: 5, keepaliveProbes: 3 };
    expect(decode({ upstreamConnectionOptions: { tcpKeepalive } })).toEqual({
      tcpKeepalive: { timeS: 30, intervalS: 5, probes: 3 },
    });
    expect(decode({ upstreamConnectionOptions: {} })).toBeUndefined();
  });

  it('are refused with probes that no operating system makes', () => {
    const tcpKeepalive = { keepaliveTime: 0, keepaliveInterval: 32_768, keepaliveProbes: 128 };
    const at = 'upstream_connection_options.tcp_keepalive';
    expect(decode({ upstreamConnectionOptions: { tcpKeepalive } })).toEqual([
      `cluster "c": ${at}.keepalive_time: is 0; use 1 to 32767`,
      `cluster "c": ${at}.keepalive_interval: is 32768; use 1 to 32767`,
      `cluster "c": ${at}.keepalive_probes: is 128; use 1 to 127`,
    ]);
  });
});
