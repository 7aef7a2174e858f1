// Promises of `--registry`: what it opens, and what it says of what it can't.
import { renderIssue } from '../../../../src/base/result.ts';
import { parseRegistries } from '../../../../src/control/registry/parse-registries.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

function parse(...values: string[]): string[] {
  const result = parseRegistries(values, { clock: new ManualClock() });
  return result.ok ? result.value.map((registry) => registry.name) : result.issues.map(renderIssue);
}

describe('--registry', () => {
  it('opens folders in the order in which they are named', () => {
    expect(parse('file:b', 'file:/a:x')).toEqual(['file:b', 'file:/a:x']);
  });

  it.each([
    [[], ['--registry: no registry is named; add file:DIR']],
    [['fiel:x'], ['--registry fiel:x: "fiel" is no registry; did you mean file? write file:DIR']],
    [['examples'], ['--registry examples: "examples" is no registry; write file:DIR']],
    [
      ['file:', 'file'],
      [
        '--registry file:: names no folder; write file:DIR, e.g. file:examples/my-api',
        '--registry file: names no folder; write file:DIR, e.g. file:examples/my-api',
      ],
    ],
    [['file:a', 'file:a'], ['--registry file:a: is named twice; remove one of them']],
  ])('of %j says every problem', (values, issues) => {
    expect(parse(...values)).toEqual(issues);
  });
});
