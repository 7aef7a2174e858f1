// Every spec survives the wire: encode, then decode, gives the same spec, and nothing in it is reported as left out.
import fc from 'fast-check';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';
import { ENDPOINT_TYPE } from '../../../../src/xds/resources/endpoint.ts';
import { RESOURCE_TYPES } from '../../../../src/xds/resources/index.ts';
import { LISTENER_TYPE } from '../../../../src/xds/resources/listener.ts';
import { PREFETCH_HINTS_TYPE } from '../../../../src/xds/resources/prefetch-hints.ts';
import type { ResourceType } from '../../../../src/xds/resources/resource-type.ts';
import { ROUTE_TYPE } from '../../../../src/xds/resources/route.ts';
import { SERVICE_NAME_TYPE } from '../../../../src/xds/resources/service-name.ts';
import {
  clusterSpec,
  listenerSpec,
  loadAssignmentSpec,
  prefetchHintsSpec,
  routeConfigSpec,
  serviceNameSpec,
} from '../../../support/arbitrary-specs.ts';

function describeRoundTrip<Spec extends object>(type: ResourceType<Spec>, specs: fc.Arbitrary<Spec>): void {
  describe(`resource type ${type.shortName}`, () => {
    it('decodes what it has encoded to the same spec, with nothing left out', () => {
      fc.assert(
        fc.property(specs, (spec) => {
          const decoded = type.decode(type.encode(spec));
          expect(decoded).toEqual({ name: type.name(spec), result: { ok: true, value: spec }, ignored: [] });
        }),
        { numRuns: 100 },
      );
    });

    it('gives the same bytes for the same content', () => {
      fc.assert(
        fc.property(specs, (spec) => {
          expect(type.encode(structuredClone(spec))).toEqual(type.encode(spec));
        }),
        { numRuns: 20 },
      );
    });

    it('answers arbitrary bytes with a spec or with reasons, and never throws', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          const { result } = type.decode(bytes);
          expect(result.ok || result.issues.length > 0).toBe(true);
        }),
        { numRuns: 200 },
      );
    });

    it('answers damaged bytes of its own with a spec or with reasons, and never throws', () => {
      fc.assert(
        fc.property(specs, fc.nat(), fc.nat({ max: 255 }), (spec, where, byte) => {
          const bytes = Uint8Array.from(type.encode(spec));
          bytes[where % bytes.length] = byte;
          const { result } = type.decode(bytes);
          expect(result.ok || result.issues.length > 0).toBe(true);
        }),
        { numRuns: 200 },
      );
    });
  });
}

describeRoundTrip(CLUSTER_TYPE, clusterSpec);
describeRoundTrip(ENDPOINT_TYPE, loadAssignmentSpec);
describeRoundTrip(LISTENER_TYPE, listenerSpec);
describeRoundTrip(ROUTE_TYPE, routeConfigSpec);
describeRoundTrip(PREFETCH_HINTS_TYPE, prefetchHintsSpec);
describeRoundTrip(SERVICE_NAME_TYPE, serviceNameSpec);

describe('the table of resource types', () => {
  it('stands in push order: CDS, EDS, LDS, RDS, and when all that a name may lead to is told PDS and NDS', () => {
    expect(RESOURCE_TYPES.map((type) => type.shortName)).toEqual(['CDS', 'EDS', 'LDS', 'RDS', 'PDS', 'NDS']);
  });

  it('puts each type that is referred to after the one that refers to it', () => {
    for (const type of RESOURCE_TYPES) {
      if (type.refersTo === null) continue;
      const urls = RESOURCE_TYPES.map((each) => each.typeUrl);
      expect(urls.indexOf(type.refersTo)).toBe(urls.indexOf(type.typeUrl) + 1);
    }
  });
});
