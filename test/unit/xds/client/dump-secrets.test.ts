// What a dump must not tell: keys and passwords that stand in the configuration itself.
import { create, fromBinary } from '@bufbuild/protobuf';
import { anyPack } from '@bufbuild/protobuf/wkt';
import { dumpableAny, withoutSecrets } from '../../../../src/xds/client/dumpable-any.ts';
import { ClusterSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';

describe('a dump of TLS configuration', () => {
  it('has the certificate, and neither the key nor its password', () => {
    const inline = (text: string) => ({ kind: 'inline' as const, text });
    const bytes = CLUSTER_TYPE.encode({
      ...{ name: 'c', discovery: { kind: 'original-dst' }, connectTimeoutMs: 1, loadBalancer: 'round-robin' },
      tls: {
        ...{ sni: 'a.example', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', applicationProtocols: [] },
        certificate: { chain: inline('THE CHAIN'), privateKey: inline('THE KEY'), password: inline('THE PASSWORD') },
      },
    });
    const any = anyPack(ClusterSchema, create(ClusterSchema, fromBinary(ClusterSchema, bytes)));
    for (const shown of [dumpableAny(any), withoutSecrets(any)]) {
      const dumped = Buffer.from(shown.value).toString('latin1');
      expect(dumped).toContain('THE CHAIN');
      expect(dumped).toContain('[redacted]');
      expect(dumped).not.toMatch(/THE KEY|THE PASSWORD/);
    }
  });
});
