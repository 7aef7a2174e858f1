// Names are read without Protobuf messages, and mean the same as with them.
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { readLeanResponse } from '../../../../src/xds/client/lean-response.ts';
import { openEnvelope } from '../../../../src/xds/client/open-envelope.ts';
import { DeltaDiscoveryResponseSchema } from '../../../../src/xds/gen/envoy/service/discovery/v3/discovery_pb.ts';

const TYPE = 'type.googleapis.com/switchboard.discovery.v1.ServiceName';

const response = fc
  .record({
    typeUrl: fc.constant(TYPE),
    nonce: fc.string(),
    systemVersionInfo: fc.string(),
    removedResources: fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 }),
    resources: fc.array(
      fc.record({
        name: fc.string({ unit: 'grapheme' }),
        version: fc.string(),
        aliases: fc.array(fc.string(), { maxLength: 2 }),
        resource: fc.record({ typeUrl: fc.constantFrom(TYPE, 'x/Other'), value: fc.uint8Array({ maxLength: 40 }) }),
      }),
      { maxLength: 4 },
    ),
  })
  .map((init) => toBinary(DeltaDiscoveryResponseSchema, create(DeltaDiscoveryResponseSchema, init as never)));

/** Null where it is refused, which it says by an error of its own kind. */
function readOrRefuse(bytes: Uint8Array) {
  try {
    return readLeanResponse(bytes, TYPE);
  } catch (error) {
    expect(String(error)).toMatch(
      /RangeError|Error: (illegal tag|invalid varint|premature EOF|cant skip|invalid end group)/,
    );
    return null;
  }
}

describe('a response of names', () => {
  it('is read as the Protobuf message would be', () => {
    fc.assert(
      fc.property(response, (bytes) => {
        const message = fromBinary(DeltaDiscoveryResponseSchema, bytes);
        const opened = message.resources.map(openEnvelope).map(({ any, ...rest }) => ({
          ...rest,
          any: any === null ? null : { typeUrl: any.typeUrl, value: [...any.value] },
        }));
        const { resources = [], ...rest } = readLeanResponse(bytes, TYPE) ?? {};
        expect(rest).toEqual({
          typeUrl: TYPE,
          nonce: message.nonce,
          version: message.systemVersionInfo,
          removed: message.removedResources,
          complete: false,
        });
        const plain = resources.map(({ any, ...others }) => ({
          ...others,
          any: any === null ? null : { typeUrl: any.typeUrl, value: [...any.value] },
        }));
        expect(plain).toEqual(opened);
      }),
      { numRuns: 300 },
    );
  });

  it('is left to others where it has another type', () => {
    const other = toBinary(DeltaDiscoveryResponseSchema, create(DeltaDiscoveryResponseSchema, { typeUrl: 'x/Other' }));
    expect(readLeanResponse(other, TYPE)).toBeNull();
  });

  it('is refused or read, and never more, where its bytes are damaged or cut', () => {
    fc.assert(
      fc.property(response, fc.nat(), fc.nat({ max: 255 }), fc.boolean(), (bytes, where, byte, cut) => {
        const at = where % bytes.length;
        const damaged = cut ? bytes.slice(0, at) : Uint8Array.from(bytes, (old, index) => (index === at ? byte : old));
        const read = readOrRefuse(damaged);
        const sizes = (read?.resources ?? []).map(({ name, any }) => (name?.length ?? 0) + (any?.value.length ?? 0));
        expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(damaged.length);
      }),
      { numRuns: 500 },
    );
  });
});
