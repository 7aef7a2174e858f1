// The house rules of src, test, scripts and bench: who may import whom, and what a file may look like.
import { ambientRule } from './architecture/ambient-rules.ts';
import {
  hasNoAny,
  hasNoDefaultExport,
  leavesNoMarks,
  namedAfterContent,
  opensWithItsPurpose,
  reexportsNothing,
  runsEveryTest,
  staysShort,
} from './architecture/file-rules.ts';
import { packageOf } from './architecture/imports.ts';
import { functionLengths, quantile } from './architecture/measures.ts';
import { checkImports, checkTable, fileCycle } from './architecture/room-rules.ts';
import { AMBIENT, NODE_MODULES, ROOMS } from './architecture/rooms.ts';
import { type Rule, readManifest, readSources, renderViolations } from './architecture/source-file.ts';

const source = readSources('src');
const sourceWithGenerated = readSources('src', { generated: true });
const test = readSources('test');
const everything = [...source, ...test, ...readSources('scripts'), ...readSources('bench')];

function expectAll(rule: Rule, files = source): void {
  expect(renderViolations(files.flatMap((file) => rule(file)))).toBe('');
}

describe('rooms', () => {
  it('import only themselves, the rooms of their row and the packages of their row', () => {
    expect(renderViolations(checkImports(sourceWithGenerated, ROOMS, NODE_MODULES))).toBe('');
  });

  it('have a table without cycles, missing folders and unused permissions', () => {
    expect(checkTable(ROOMS, sourceWithGenerated).join('\n')).toBe('');
  });

  it('use every run-time dependency of package.json, and no other', () => {
    const used = new Set(ROOMS.flatMap((room) => room.packages.map(packageOf)));
    const { dependencies, optionalDependencies } = readManifest();
    // The runtime itself is imported by nobody.
    const native = Object.keys(optionalDependencies).filter((name) => !name.startsWith('node-'));
    expect([...used].sort()).toEqual([...Object.keys(dependencies), ...native].sort());
  });

  it('have no two files that import each other at run time', () => {
    expect(fileCycle(sourceWithGenerated)).toEqual([]);
  });

  it('take time, chance and the process as parameters', () => expectAll(ambientRule(AMBIENT)));
});

describe('files of src', () => {
  it('export by name', () => expectAll(hasNoDefaultExport));
  it('re-export nothing', () => expectAll(reexportsNothing));

  it('hold functions of 25 lines at most at the ninetieth percentile', () => {
    const lengths = source.flatMap((file) => functionLengths(file));
    expect(quantile(lengths, 0.9)).toBeLessThanOrEqual(25);
  });

  it('have 130 lines at most at the median', () => {
    expect(
      quantile(
        source.map((file) => file.lines.length),
        0.5,
      ),
    ).toBeLessThanOrEqual(130);
  });
});

describe('files', () => {
  it('open with a comment that says what they own', () => expectAll(opensWithItsPurpose, everything));
  it('are named after their content, in kebab-case', () => expectAll(namedAfterContent, everything));
  it('have 400 lines at most', () => expectAll(staysShort, everything));
  it('never say any', () => expectAll(hasNoAny, everything));
  it('leave no marks for later and switch no check off', () => expectAll(leavesNoMarks, everything));
  it('leave no test out', () => expectAll(runsEveryTest, test));
});
