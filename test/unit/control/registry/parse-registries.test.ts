// Promises of `--registry`: what it opens, and what it says of what it can't.
import { silentLog } from '../../../../src/base/log.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { errorIssue, fail, ok, renderIssue } from '../../../../src/base/result.ts';
import { parseRegistries } from '../../../../src/control/registry/parse-registries.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { ScriptedKube } from '../../../support/scripted-kube.ts';

function parse(...values: string[]): string[] {
  const find = () => ok(() => Promise.resolve(new ScriptedKube()));
  const result = parseRegistries(values, {
    clock: new ManualClock(),
    kube: { random: seededRandom(1), log: silentLog, find },
  });
  return result.ok ? result.value.map((registry) => registry.name) : result.issues.map(renderIssue);
}

describe('--registry', () => {
  it('opens folders in the order in which they are named', () => {
    expect(parse('file:b', 'file:/a:x')).toEqual(['file:b', 'file:/a:x']);
  });

  it('opens the API server beside them', () => {
    expect(parse('kubernetes', 'file:a')).toEqual(['kubernetes', 'file:a']);
  });

  it('says what is wrong with the kubeconfig where that stands, and that there is no API server in a mesh of folders', () => {
    const issue = errorIssue('names no current-context', { source: '/home/me/.kube/config', line: 3 });
    const kube = { random: seededRandom(1), log: silentLog, find: () => fail([issue]) };
    const refused = parseRegistries(['kubernetes'], { clock: new ManualClock(), kube });
    expect(!refused.ok && refused.issues.map(renderIssue)).toEqual([
      '/home/me/.kube/config:3: names no current-context',
    ]);
    const folders = parseRegistries(['kubernetes'], { clock: new ManualClock() });
    expect(!folders.ok && folders.issues.map(renderIssue)).toEqual([
      '--registry kubernetes: is not read here; write file:DIR',
    ]);
  });

  it.each([
    [[], ['--registry: no registry is named; add file:DIR or kubernetes']],
    [['fiel:x'], ['--registry fiel:x: "fiel" is no registry; did you mean file? write file:DIR or kubernetes']],
    [['examples'], ['--registry examples: "examples" is no registry; write file:DIR or kubernetes']],
    [
      ['file:', 'file'],
      [
        '--registry file:: names no folder; write file:DIR, e.g. file:examples/my-api',
        '--registry file: names no folder; write file:DIR, e.g. file:examples/my-api',
      ],
    ],
    [['kubernetes:x'], ['--registry kubernetes:x: names more than it may; write kubernetes alone']],
    [['file:a', 'file:a'], ['--registry file:a: is named twice; remove one of them']],
  ])('of %j says every problem', (values, issues) => {
    expect(parse(...values)).toEqual(issues);
  });
});
