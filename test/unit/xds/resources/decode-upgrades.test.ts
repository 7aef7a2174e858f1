// What upgrade_configs of other control planes mean here.
import { anyUnpack } from '@bufbuild/protobuf/wkt';
import type { UpgradesSpec } from '../../../../src/model/upgrades-spec.ts';
import { HttpConnectionManagerSchema } from '../../../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { DecodeContext } from '../../../../src/xds/resources/decode-context.ts';
import { encodeHttpConnectionManager } from '../../../../src/xds/resources/http-connection-manager.ts';
import { decodeUpgrades, encodeUpgrades } from '../../../../src/xds/resources/upgrade-configs.ts';

function decoded(...configs: { upgradeType: string; enabled?: boolean }[]): unknown {
  const context = new DecodeContext('listener "l"');
  const spec = decodeUpgrades(configs, context, 'upgrade_configs');
  return context.issues.length === 0 ? spec : context.issues.map(({ path, message }) => `${path} ${message}`);
}

describe('upgrade_configs', () => {
  it('name protocols in any case, which are allowed unless it is said otherwise', () => {
    const configs = [{ upgradeType: 'WebSocket' }, { upgradeType: 'tcp', enabled: false }];
    expect(decoded(...configs, { upgradeType: '*', enabled: true })).toEqual({
      websocket: true,
      tcp: false,
      '*': true,
    });
  });

  it('say nothing where there are none, or only those of CONNECT', () => {
    expect(decoded()).toBeUndefined();
    expect(decoded({ upgradeType: 'connect' })).toBeUndefined();
  });

  it('are refused without a name, or with one that is there twice', () => {
    expect(decoded({ upgradeType: '' })).toEqual(['upgrade_configs[0].upgrade_type is empty']);
    expect(decoded({ upgradeType: 'a' }, { upgradeType: 'A' })).toEqual([
      'upgrade_configs[1].upgrade_type "a" is there twice',
    ]);
  });

  it('come with allow_connect, for an Envoy whose callers speak HTTP/2', () => {
    const base = {
      statPrefix: 's',
      routes: { kind: 'rds', name: 'r' },
      idleTimeoutMs: 0,
      requestHeadersTimeoutMs: 0,
    } as const;
    const encoded = (upgrades?: UpgradesSpec) => {
      const any = encodeHttpConnectionManager({ ...base, ...(upgrades === undefined ? {} : { upgrades }) });
      return anyUnpack(any, HttpConnectionManagerSchema)?.http2ProtocolOptions?.allowConnect;
    };
    expect([encoded({ websocket: true }), encoded()]).toEqual([true, undefined]);
  });

  it('say `enabled` only where it is false', () => {
    expect(encodeUpgrades({ websocket: true, tcp: false })).toEqual([
      { upgradeType: 'websocket' },
      { upgradeType: 'tcp', enabled: false },
    ]);
    expect(encodeUpgrades(undefined)).toEqual([]);
  });
});
