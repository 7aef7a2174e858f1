// The dump of what a client holds, as Envoy would print it.
import { create, toBinary } from '@bufbuild/protobuf';
import { AnySchema, anyPack } from '@bufbuild/protobuf/wkt';
import { dumpConfig } from '../../../../src/xds/client/config-dump.ts';
import { HeldType } from '../../../../src/xds/client/held-type.ts';
import { ListenerSchema } from '../../../../src/xds/gen/envoy/config/listener/v3/listener_pb.ts';
import { HttpConnectionManagerSchema } from '../../../../src/xds/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts';
import { RESOURCE_TYPES } from '../../../../src/xds/resources/index.ts';
import { sampleClusterName, sampleSnapshot } from '../../../support/sample-snapshot.ts';

const A = sampleClusterName('a');
const SNAPSHOT = sampleSnapshot({ services: [{ name: 'a', endpoints: [{ host: '127.1.0.1', port: 8080 }] }] });
const NOON = Date.UTC(2026, 0, 1, 12);

function heldTypes(): HeldType[] {
  return RESOURCE_TYPES.map((type) => {
    const held = new HeldType(type);
    held.acceptedVersion = `${type.shortName}-1`;
    for (const [name, spec] of type.specs(SNAPSHOT)) {
      const rest = { hash: '', references: [], ignored: [], version: held.acceptedVersion, updatedAt: NOON };
      held.held.set(name, { name, spec, bytes: type.encode(spec), ...rest });
    }
    return held;
  });
}

function listenerHeld(bytes: Uint8Array): HeldType {
  const held = heldTypes()[2];
  const old = held?.held.get('outbound');
  if (held === undefined || old === undefined) throw new Error('no listener in the sample');
  held.held.set('outbound', { ...old, bytes });
  return held;
}

describe('the configuration dump', () => {
  it('has the sections of Envoy, with resources expanded and fields named as in the API', () => {
    const dump = dumpConfig(heldTypes());
    expect(dump).toMatchObject({
      configs: [
        {
          '@type': 'type.googleapis.com/envoy.admin.v3.ClustersConfigDump',
          version_info: 'CDS-1',
          dynamic_active_clusters: [
            {
              version_info: 'CDS-1',
              last_updated: '2026-01-01T12:00:00Z',
              client_status: 'ACKED',
              cluster: {
                '@type': 'type.googleapis.com/envoy.config.cluster.v3.Cluster',
                name: A,
                type: 'EDS',
                connect_timeout: '5s',
              },
            },
          ],
        },
        { '@type': 'type.googleapis.com/envoy.admin.v3.EndpointsConfigDump', dynamic_endpoint_configs: [{}] },
        {
          '@type': 'type.googleapis.com/envoy.admin.v3.ListenersConfigDump',
          dynamic_listeners: [
            {
              name: 'outbound',
              active_state: {
                listener: {
                  filter_chains: [
                    {
                      filters: [
                        {
                          typed_config: {
                            '@type':
                              'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                            stat_prefix: 'outbound',
                          },
                        },
                      ],
                    },
                  ],
                },
              },
            },
          ],
        },
        {
          '@type': 'type.googleapis.com/envoy.admin.v3.RoutesConfigDump',
          dynamic_route_configs: [{ version_info: 'RDS-1' }],
        },
      ],
    });
  });

  it('shows what was refused beside what is in use', () => {
    const types = heldTypes();
    const bytes = types[0]?.held.get(A)?.bytes ?? new Uint8Array();
    const issues = [{ severity: 'error', source: `cluster "${A}"`, message: 'is bad' }] as const;
    types[0]?.refused.set(A, { name: A, bytes, version: 'CDS-2', refusedAt: NOON, issues });
    types[0]?.refused.set('new', {
      name: 'new',
      bytes: new Uint8Array([0xff]),
      version: 'CDS-2',
      refusedAt: NOON,
      issues,
    });
    const error_state = {
      version_info: 'CDS-2',
      details: `cluster "${A}": is bad`,
      last_update_attempt: '2026-01-01T12:00:00Z',
    };
    expect(dumpConfig(types)).toMatchObject({
      configs: [
        {
          dynamic_active_clusters: [
            {
              client_status: 'NACKED',
              error_state: { ...error_state, failed_configuration: { '@type': expect.stringMatching('Struct') } },
            },
            { client_status: 'NACKED', version_info: 'CDS-1', cluster: { name: A }, error_state },
          ],
        },
        {},
        {},
        {},
      ],
    });
  });

  it('shows extensions that it cannot describe by type and as base64, at any depth', () => {
    const unknown = create(AnySchema, { typeUrl: 'type.googleapis.com/x.Y', value: new Uint8Array([1, 2, 3]) });
    const manager = create(HttpConnectionManagerSchema, {
      statPrefix: 's',
      httpFilters: [{ name: 'y', isOptional: true, configType: { case: 'typedConfig', value: unknown } }],
    });
    const typedConfig = { case: 'typedConfig', value: anyPack(HttpConnectionManagerSchema, manager) } as const;
    const listener = create(ListenerSchema, {
      name: 'outbound',
      filterChains: [{ filters: [{ configType: typedConfig }] }],
    });
    const dump = JSON.stringify(dumpConfig([listenerHeld(toBinary(ListenerSchema, listener))]));
    expect(dump).toContain('"value":{"type_url":"type.googleapis.com/x.Y","base64":"AQID"}');
    expect(dump).toContain('"stat_prefix":"s"');
  });
});
