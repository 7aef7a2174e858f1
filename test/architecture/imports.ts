// What a file imports: static, type-only, re-exported and dynamic, with the line of each.
import { posix } from 'node:path';
import type { SourceFile } from './source-file.ts';
import { isNode, literalText, type SyntaxNode, walk } from './syntax-tree.ts';

export interface Import {
  /** As written; null where it is no plain text (a computed `import()`). */
  readonly specifier: string | null;
  readonly line: number;
  /** Gone at run time. */
  readonly typeOnly: boolean;
  /** `export … from`. */
  readonly reexport: boolean;
  /** What `import { a, b as c }` takes (`a`, `b`); null = all of it, as `* as x`, default and dynamic imports can. */
  readonly names: readonly string[] | null;
}

export function importsOf(file: SourceFile): Import[] {
  const found: Import[] = [];
  walk(file.tree.root, (node) => {
    const one = importAt(node);
    if (one !== null) found.push({ ...one, line: file.tree.lineOf(node) });
    return undefined;
  });
  return found;
}

/** The path from the root that a relative specifier of `file` means: `src/base/clock.ts`. */
export function resolveRelative(file: SourceFile, specifier: string): string {
  return posix.join(posix.dirname(file.path), specifier);
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}

/** `@scope/name/deep` → `@scope/name`. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const WHOLE = { typeOnly: false, reexport: false, names: null } as const;

function importAt(node: SyntaxNode): Omit<Import, 'line'> | null {
  switch (node.type) {
    case 'ImportDeclaration':
      return { ...WHOLE, specifier: literalText(node['source']), typeOnly: isTypeOnly(node), names: namesOf(node) };
    case 'ExportAllDeclaration':
      return { ...WHOLE, specifier: literalText(node['source']), typeOnly: isTypeOnly(node), reexport: true };
    case 'ExportNamedDeclaration':
      if (!isNode(node['source'])) return null;
      return { ...WHOLE, specifier: literalText(node['source']), typeOnly: isTypeOnly(node), reexport: true };
    case 'TsImportType':
      return { ...WHOLE, specifier: literalText(node['argument']), typeOnly: true };
    case 'TsExternalModuleReference':
      return { ...WHOLE, specifier: literalText(node['expression']) };
    case 'CallExpression':
      return isNode(node['callee']) && node['callee'].type === 'Import'
        ? { ...WHOLE, specifier: firstArgument(node) }
        : null;
    default:
      return null;
  }
}

function namesOf(declaration: SyntaxNode): string[] | null {
  const specifiers: readonly unknown[] = Array.isArray(declaration['specifiers']) ? declaration['specifiers'] : [];
  const names: string[] = [];
  for (const specifier of specifiers) {
    if (!isNode(specifier) || specifier.type !== 'ImportSpecifier') return null;
    const name = specifier['imported'] ?? specifier['local'];
    if (isNode(name)) names.push(String(name['value']));
  }
  return names;
}

/** `import type …`; with verbatimModuleSyntax `import { type A }` still loads the module. */
function isTypeOnly(node: SyntaxNode): boolean {
  return node['typeOnly'] === true;
}

function firstArgument(call: SyntaxNode): string | null {
  const list = call['arguments'];
  if (!Array.isArray(list)) return null;
  const first: unknown = list[0];
  return typeof first === 'object' && first !== null && 'expression' in first ? literalText(first.expression) : null;
}
