// fast-check generators of what configuration can say of TLS, as legal specs.
import fc from 'fast-check';
import {
  type DownstreamTlsSpec,
  SUBJECT_ALT_NAME_TYPES,
  type TextSourceSpec,
  type UpstreamTlsSpec,
} from '../../src/model/tls-spec.ts';

const name = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' });

const source: fc.Arbitrary<TextSourceSpec> = fc.oneof(
  fc.record({ kind: fc.constant('inline' as const), text: fc.string() }),
  fc.record({ kind: fc.constant('file' as const), path: name }),
);
const certificate = fc.record(
  { chain: source, privateKey: source, password: source },
  { requiredKeys: ['chain', 'privateKey'] },
);
const validation = fc.record(
  {
    trustedCa: source,
    subjectAltNames: fc.array(
      fc.record({
        type: fc.constantFrom(...SUBJECT_ALT_NAME_TYPES),
        match: fc.record({ kind: fc.constantFrom('exact' as const, 'prefix' as const), value: name }),
      }),
      { minLength: 1, maxLength: 2 },
    ),
    acceptUntrusted: fc.constant(true),
  },
  { requiredKeys: [] },
);
const tlsBase = {
  minVersion: fc.constant('TLSv1.2' as const),
  maxVersion: fc.constantFrom('TLSv1.2' as const, 'TLSv1.3' as const),
  applicationProtocols: fc.subarray(['h2', 'http/1.1']),
};
export const upstreamTls: fc.Arbitrary<UpstreamTlsSpec> = fc.record(
  { ...tlsBase, sni: fc.string(), certificate, validation },
  { requiredKeys: ['minVersion', 'maxVersion', 'applicationProtocols', 'sni'] },
);
export const downstreamTls: fc.Arbitrary<DownstreamTlsSpec> = fc.record({
  ...tlsBase,
  certificate,
  validation,
  requireClientCertificate: fc.boolean(),
});
