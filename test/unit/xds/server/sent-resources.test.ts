// The version of what a client was told: of its names and contents, and of nothing else.
import fc from 'fast-check';
import { type EncodedResource, ResourceEncoder } from '../../../../src/xds/cache/encoded-resource.ts';
import { SentResources } from '../../../../src/xds/server/sent-resources.ts';

const type = {
  typeUrl: 'type.googleapis.com/test',
  name: (spec: object) => (spec as Content).name,
  references: () => [],
  encode: (spec: object) => Buffer.from((spec as Content).text),
};

interface Content {
  readonly name: string;
  readonly text: string;
}

function resource(name: string, text: string): EncodedResource {
  return new ResourceEncoder().encode(type, { name, text });
}

function versionOf(sent: SentResources): string {
  return sent.versionAfter([], []);
}

function told(...resources: readonly EncodedResource[]): SentResources {
  const sent = new SentResources();
  for (const one of resources) sent.add(one);
  return sent;
}

describe('what a client was told', () => {
  it('has another version with another content, another name, more or less of it', () => {
    const [a, b] = [resource('a', 'one'), resource('b', 'one')];
    const versions = [told(), told(a), told(b), told(a, b), told(resource('a', 'two')), told(resource('a', 'two'), b)];
    expect(new Set(versions.map(versionOf)).size).toBe(6);
    expect(versionOf(told())).toBe('0000000000000000');
  });

  it('has the same version in whatever order and by whatever steps it came, and foretells it', () => {
    const step = fc.record({ name: fc.constantFrom('a', 'b', 'c'), text: fc.option(fc.constantFrom('1', '2', '3')) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const sent = new SentResources();
        for (const { name, text } of steps) {
          const foretold =
            text === null ? sent.versionAfter([], [name]) : sent.versionAfter([resource(name, text)], []);
          if (text === null) sent.delete(name);
          else sent.add(resource(name, text));
          expect(versionOf(sent)).toBe(foretold);
        }
        const anew = [...sent.byName.values()].reverse();
        expect(versionOf(told(...anew))).toBe(versionOf(sent));
      }),
      { numRuns: 200, seed: 20_261_121 },
    );
  });
});
