// Holds the files marked `// @hot` to the hot path rules: nothing is allocated per request without a stated reason.
import { allocatesNothing, isHot } from './hot-rules.ts';
import { readSources, renderViolations, sourceFile } from './source-file.ts';

function reported(text: string): string[] {
  const file = sourceFile('src/proxy/codec/sample.ts', `// @hot\n// A sample.\n${text}`);
  return allocatesNothing(file).map(({ line, message }) => `${line}: ${message.split(' on the hot path')[0]}`);
}

describe('hot files', () => {
  it('allocate nothing in functions and methods, but where a line says why', () => {
    expect(renderViolations(readSources('src').flatMap((file) => allocatesNothing(file)))).toBe('');
  });

  it('exist: the mark is still spelt as this test looks for it', () => {
    expect(readSources('src').filter(isHot).length).toBeGreaterThan(0);
  });
});

describe('the hot rule', () => {
  it.each([
    ['function f() { return () => 1; }', 'a closure'],
    ['function f() { return function () {}; }', 'a closure'],
    ['class A { m() { return { a: 1 }; } }', 'an object literal'],
    ['class A { #m() { return [1]; } }', 'an array literal'],
    ['class A { get m() { return new B(); } }', '`new`'],
    ['const f = () => /a/.test(b);', 'a regular expression'],
    ['function f(a) { g(...a); }', 'a spread'],
    ['function f(...a) {}', 'a spread'],
    ['function f({ a, ...b }) {}', 'a spread'],
    ['async function f() {}', '`async`'],
    ['class A { async m() {} }', '`async`'],
    ['const a = { async m() {} };', '`async`'],
    ['function* f() { yield 1; }', '`yield`'],
    ['function f(a = []) {}', 'an array literal'],
    ['class A { constructor() { this.f = () => new B(); } }', '`new`'],
  ])('reports %s', (text, what) => {
    expect(reported(`\n${text}`)).toEqual([`4: ${what}`]);
  });

  it.each([
    'const TABLE = new Uint8Array(256); const NAMES = ["a", { b: /c/ }];',
    'class A { items = []; f = () => 1; constructor() { this.a = [new B(), () => 1]; } }',
    'function f(a: [number], b: { c: string }): { d: 1 } { return a.b + `x`; }',
    'function f() { const { a } = b; const [c] = d; return a + c; }',
  ])('lets pass %s', (text) => {
    expect(reported(text)).toEqual([]);
  });

  it('accepts a reason on the line or on the line before, and no empty one', () => {
    expect(reported('function f() {\n  return [1]; // alloc-ok: once per connection\n}')).toEqual([]);
    expect(reported('function f() {\n  // alloc-ok: once per connection\n  return [1];\n}')).toEqual([]);
    expect(reported('function f() {\n  return [1]; // alloc-ok:\n}')).toEqual(['4: an array literal']);
    expect(reported('function f() {\n  g(); // alloc-ok: g\n  return [1];\n}')).toEqual(['5: an array literal']);
  });

  it('leaves files without the mark alone', () => {
    expect(allocatesNothing(sourceFile('src/proxy/a.ts', '// A sample.\nconst f = () => [1];'))).toEqual([]);
  });
});
