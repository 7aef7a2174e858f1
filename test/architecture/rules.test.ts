// Shows each house rule on a sample that breaks it and on one that keeps it: a rule that never fails guards nothing.
import { ambientRule } from './ambient-rules.ts';
import {
  hasNoAny,
  hasNoDefaultExport,
  leavesNoMarks,
  namedAfterContent,
  opensWithItsPurpose,
  reexportsNothing,
  runsEveryTest,
  staysShort,
} from './file-rules.ts';
import { functionLengths, quantile } from './measures.ts';
import { checkImports, checkTable, fileCycle } from './room-rules.ts';
import { AMBIENT, NODE_MODULES, type Room } from './rooms.ts';
import { type Rule, type SourceFile, sourceFile } from './source-file.ts';

const rooms: readonly Room[] = [
  { path: 'base', imports: [], packages: [] },
  { path: 'proxy/lb', imports: ['base'], packages: [] },
  { path: 'proxy', imports: ['proxy/lb'], packages: ['@scope/wire'] },
  { path: 'main.ts', imports: ['proxy'], packages: [] },
];
const base = sourceFile('src/base/clock.ts', 'export const a = 1;');

function importMessages(path: string, text: string): string[] {
  const file = sourceFile(path, text);
  return checkImports([base, file], rooms, NODE_MODULES).map(({ line, message }) => `${line}: ${message}`);
}

function linesOf(rule: Rule, text: string, path = 'src/base/sample.ts'): number[] {
  return rule(sourceFile(path, text)).map(({ line }) => line);
}

describe('the import rule', () => {
  it.each([
    ["import { a } from '../../base/clock.ts';", 'src/proxy/lb/a.ts'],
    ["import { a } from './b/../a.ts';", 'src/proxy/a.ts'],
    ["import { w } from '@scope/wire/deep';", 'src/proxy/a.ts'],
    ["import { readFile } from 'node:fs';", 'src/proxy/lb/a.ts'],
    ["import { createHash } from 'node:crypto';", 'src/proxy/lb/a.ts'],
  ])('allows %s in %s', (text, path) => {
    expect(importMessages(path, text)).toEqual([]);
  });

  it.each([
    ['a static import', "import { a } from '../base/clock.ts';"],
    ['a type-only import', "import type { a } from '../base/clock.ts';"],
    ['a type query', "let a: typeof import('../base/clock.ts');"],
    ['a dynamic import', "const a = await import('../base/clock.ts');"],
    ['a re-export', "export { a } from '../base/clock.ts';"],
    ['a whole re-export', "export * from '../base/clock.ts';"],
    ['a required module', "import a = require('../base/clock.ts');"],
  ])('refuses %s of a room outside the row and names its line', (_, text) => {
    expect(importMessages('src/proxy/a.ts', `\n${text}`)).toEqual([
      '2: room "proxy" may not import room "base" ("../base/clock.ts")',
    ]);
  });

  it.each([
    ['src/base/a.ts', "import w from '@scope/wire/deep';", 'may not import the package "@scope/wire"'],
    ['src/base/a.ts', "import w from '@scope/wire-other';", 'may not import the package "@scope/wire-other"'],
    ['src/base/a.ts', "import { fork } from 'node:cluster';", 'is allowed only in app'],
    [
      'src/base/a.ts',
      "import { createHash, randomUUID as id } from 'node:crypto';",
      'randomUUID of "node:crypto" is allowed',
    ],
    ['src/base/a.ts', "import * as crypto from 'node:crypto';", '"node:crypto" is allowed only in'],
    ['src/base/a.ts', "import http2 from 'node:http2';", 'is allowed nowhere'],
    ['src/base/a.ts', "import a from '../../test/a.ts';", 'leaves src/'],
    ['src/base/a.ts', "import a from './clock';", 'names no file'],
    ['src/base/a.ts', 'await import(name);', 'computed import()'],
    ['src/elsewhere/a.ts', '', 'belongs to no room'],
  ])('refuses, in %s, %s', (path, text, reason) => {
    expect(importMessages(path, text).join()).toContain(reason);
  });
});

describe('the table of rooms', () => {
  const files = [
    base,
    sourceFile('src/proxy/lb/a.ts', "import { a } from '../../base/clock.ts';"),
    sourceFile('src/proxy/a.ts', "import type { a } from './lb/a.ts'; import w from '@scope/wire/deep';"),
    sourceFile('src/main.ts', "import './proxy/a.ts';"),
  ];

  it('is sound when every permission is used', () => {
    expect(checkTable(rooms, files)).toEqual([]);
  });

  it('reports a room without files', () => {
    expect(checkTable(rooms, files.slice(1)).join()).toContain('"base" has no file');
  });

  it('reports a permission that no file uses', () => {
    const wider = rooms.map((room) => (room.path === 'proxy' ? { ...room, imports: ['proxy/lb', 'base'] } : room));
    expect(checkTable(wider, files)).toEqual(['"proxy" never imports room "base"']);
  });

  it('reports a package that no file uses', () => {
    const wider = rooms.map((room) => (room.path === 'base' ? { ...room, packages: ['left'] } : room));
    expect(checkTable(wider, files)).toEqual(['"base" never imports "left"']);
  });

  it('reports a cycle with its way', () => {
    const ring = rooms.map((room) => (room.path === 'base' ? { ...room, imports: ['proxy'] } : room));
    expect(checkTable(ring, files).join('\n')).toContain('base → proxy → proxy/lb → base');
  });

  it('reports a name that is no room', () => {
    const wrong = rooms.map((room) => (room.path === 'base' ? { ...room, imports: ['kernel'] } : room));
    expect(checkTable(wrong, files)[0]).toBe('"base" names no room: "kernel"');
  });
});

describe('the file cycle rule', () => {
  const pair = (first: string): SourceFile[] => [
    sourceFile('src/base/a.ts', first),
    sourceFile('src/base/b.ts', "import './a.ts';"),
  ];

  it('reports two files that import each other at run time', () => {
    expect(fileCycle(pair("import { b } from './b.ts';"))).toEqual(['src/base/a.ts → src/base/b.ts → src/base/a.ts']);
  });

  it('lets types point back', () => {
    expect(fileCycle(pair("import type { B } from './b.ts';"))).toEqual([]);
  });
});

describe('the ambient rule', () => {
  const rule = ambientRule(AMBIENT);

  it.each([
    'process.exit(1);',
    'const { env } = process;',
    'f(Date.now());',
    'f(new Date());',
    'f(Date);',
    "f(Math['random']());",
    'const { random } = Math;',
    'setTimeout(f, 1);',
    'export const later = { setTimeout };',
    '(process as unknown);',
    'globalThis.process;',
    'console.log(1);',
  ])('reports %s', (text) => {
    expect(linesOf(rule, `// x\n${text}`)).toEqual([2]);
  });

  it.each([
    'function f(process: { exit(): void }) { process.exit(); }',
    'const a = { process: 1, setTimeout() {} }; a.process;',
    'type A = typeof process; interface B { on(process: string): void }',
    'new Date(5); Date.UTC(2026, 0); Math.floor(1); a instanceof Date;',
    'class A { process = 1; #setTimeout() {} }',
  ])('lets pass %s', (text) => {
    expect(linesOf(rule, text)).toEqual([]);
  });

  it('allows each name in the places of its row only', () => {
    expect(linesOf(rule, 'Date.now();', 'src/base/clock.ts')).toEqual([]);
    expect(linesOf(rule, 'Math.random();', 'src/base/clock.ts')).toEqual([1]);
    expect(linesOf(rule, 'process.exit();', 'src/cli/up.ts')).toEqual([]);
    expect(linesOf(rule, 'process.exit();', 'src/client/up.ts')).toEqual([1]);
  });
});

describe('the rules for each file', () => {
  it.each([
    [hasNoDefaultExport, 'export default 1;', 'export const a = 1;'],
    [hasNoDefaultExport, 'export default class {}', 'export class A {}'],
    [reexportsNothing, "export type { A } from './a.ts';", 'export { a }; const a = 1;'],
    [hasNoAny, 'let a: any[];', "let a: unknown; const any = 'any';"],
    [leavesNoMarks, `// ${'TO'}DO: later`, "const todo = 'to do';"],
    [leavesNoMarks, `let a = 1; /* ${'FIX'}ME */`, '// fixed'],
    [leavesNoMarks, `// biome-ignore ${'lint'}: because`, '// biome-ignore format: a table'],
    [leavesNoMarks, `// @ts-${'ignore'}`, '// ts ignores it'],
    [runsEveryTest, "it.skip('a', f);", "it('a', f); a.skip(); fit.width;"],
    [runsEveryTest, "describe.only.each([1])('a', f);", "it.each([1])('a', f);"],
    [runsEveryTest, "xit('a', f);", "exit('a');"],
    [opensWithItsPurpose, 'const a = 1;', '// What it owns.\nconst a = 1;'],
    [opensWithItsPurpose, '//@ts-check', '// @hot\n// What it owns.'],
    [staysShort, 'a;\n'.repeat(401), 'a;\n'.repeat(400)],
  ] as const)('%p reports %j and passes %j', (rule, bad, good) => {
    expect(linesOf(rule, bad)).toHaveLength(1);
    expect(linesOf(rule, good)).toEqual([]);
  });

  it('report a hot file that does not say what it owns, at its second line', () => {
    expect(linesOf(opensWithItsPurpose, '// @hot\nconst a = 1;')).toEqual([2]);
  });

  it.each(['src/base/Clock.ts', 'src/base/clock_b.ts', 'src/utils/a.ts', 'src/base/types.ts'])(
    'report the name %s',
    (path) => {
      expect(linesOf(namedAfterContent, '', path)).toEqual([1]);
    },
  );

  it.each(['src/base/content-hash.ts', 'test/a.test.ts', 'bench/micro/a-b.bench.ts', 'src/proxy/http1.ts'])(
    'pass the name %s',
    (path) => {
      expect(linesOf(namedAfterContent, '', path)).toEqual([]);
    },
  );
});

describe('the measures', () => {
  it('count the lines of functions with a block, methods included', () => {
    const text = 'function f() {\n}\nconst g = () => 1;\nclass A {\n  m() {\n    f();\n  }\n}\n';
    expect(functionLengths(sourceFile('src/base/a.ts', text))).toEqual([2, 3]);
  });

  it('take the ninetieth percentile of ten values as the largest', () => {
    expect(quantile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 0.9)).toBe(10);
    expect(quantile([], 0.9)).toBe(0);
  });
});
