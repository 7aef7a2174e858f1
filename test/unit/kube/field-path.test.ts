// Promises of paths inside documents.
import fc from 'fast-check';
import { joinPath, type PathStep, parsePath } from '../../../src/kube/field-path.ts';

function render(steps: readonly PathStep[]): string {
  return steps.reduce<string>(joinPath, '');
}

describe('a field path', () => {
  it('joins plain keys with dots, numbers and other keys in brackets', () => {
    expect(render(['spec', 'ports', 0, 'targetPort'])).toBe('spec.ports[0].targetPort');
    expect(render(['metadata', 'labels', "app.io/it's"])).toBe("metadata.labels['app.io/it''s']");
    expect(render([''])).toBe("['']");
  });

  it('reads back what it wrote, whatever the keys are', () => {
    const step = fc.oneof(fc.string(), fc.constantFrom('a', "'", "']", '[0]', 'a.b', ''), fc.nat(1000));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 6 }), (steps) => {
        expect(parsePath(render(steps))).toEqual(steps);
      }),
    );
  });

  it('ends on every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('[', ']', "'", '.', 'a', '0') }), (text) => void parsePath(text)),
    );
  });
});
