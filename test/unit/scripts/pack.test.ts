// What goes into the published package, read from the bundler's own account of its input.
import type { Metafile } from 'esbuild';
import { bundledPackages, externalImports, leadingComment } from '../../../scripts/pack.ts';

function metafile(inputs: readonly string[], imports: readonly { path: string; external?: boolean }[] = []): Metafile {
  const output = {
    bytes: 1,
    inputs: {},
    exports: [],
    imports: imports.map((one) => ({ kind: 'import-statement' as const, ...one })),
  };
  return {
    inputs: Object.fromEntries(inputs.map((path) => [path, { bytes: 1, imports: [] }])),
    outputs: { 'dist/a.mjs': output, 'dist/b.mjs': output },
  };
}

describe('the published package', () => {
  it('names each bundled package once, scoped and nested ones included', () => {
    const inputs = [
      'src/main.ts',
      'node_modules/yaml/dist/index.js',
      'node_modules/yaml/dist/parse.js',
      'node_modules/@grpc/grpc-js/build/src/index.js',
      'node_modules/@grpc/grpc-js/node_modules/long/index.js',
    ];
    expect(bundledPackages(metafile(inputs))).toEqual([
      'node_modules/@grpc/grpc-js',
      'node_modules/@grpc/grpc-js/node_modules/long',
      'node_modules/yaml',
    ]);
  });

  it("asks nothing of the outside but Node's own modules, with or without their prefix", () => {
    const imports = [
      { path: 'node:net', external: true },
      { path: 'fs', external: true },
      { path: 'fs/promises', external: true },
      { path: 'dist/b.mjs' },
    ];
    expect(externalImports(metafile([], imports))).toEqual([]);
  });

  it('takes the notice that a file begins with, and nothing behind it', () => {
    expect(leadingComment('// Copyright A\n//\n// Terms.\nimport b;\n// c')).toBe('Copyright A\n\nTerms.');
    expect(leadingComment('import b;')).toBe('');
  });

  it('reports a package that stayed outside of the bundle, once', () => {
    expect(externalImports(metafile([], [{ path: 'koffi', external: true }]))).toEqual(['koffi']);
  });
});
