// What the bodies of a hot file may not do: allocate, or wait. Module level and constructors are free.
import type { Rule, SourceFile, Violation } from './source-file.ts';
import { type SyntaxNode, walk } from './syntax-tree.ts';

const HOT = '// @hot';
/** The way out, on the line itself or alone on the line before: `// alloc-ok: once per connection`. */
const ALLOWED = /\/\/ alloc-ok: \S/;

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'MethodProperty',
  'GetterProperty',
  'SetterProperty',
]);

const ALLOCATIONS: Readonly<Record<string, string>> = {
  ArrowFunctionExpression: 'a closure',
  FunctionExpression: 'a closure',
  FunctionDeclaration: 'a closure',
  ClassExpression: 'a class',
  ClassDeclaration: 'a class',
  ObjectExpression: 'an object literal',
  ArrayExpression: 'an array literal',
  NewExpression: '`new`',
  RegExpLiteral: 'a regular expression',
  AwaitExpression: '`await`',
  YieldExpression: '`yield`',
  TaggedTemplateExpression: 'a tagged template',
};

export function isHot(file: SourceFile): boolean {
  return file.lines[0] === HOT;
}

/** Each allocation in a function or method of a file whose first line is `// @hot`. */
export const allocatesNothing: Rule = (file) => {
  if (!isHot(file)) return [];
  const found: Violation[] = [];
  walk(file.tree.root, (node, ancestors) => {
    const what = forbidden(node, ancestors);
    if (what === null || isAllowed(file, node)) return undefined;
    found.push({
      path: file.path,
      line: file.tree.lineOf(node),
      message: `${what} on the hot path: do it at update time, or say \`// alloc-ok: reason\``,
    });
    return undefined;
  });
  return found;
};

function forbidden(node: SyntaxNode, ancestors: readonly SyntaxNode[]): string | null {
  if (isAsync(node)) return '`async`';
  if (!isInBody(ancestors)) return null;
  return spreads(node) ? 'a spread' : (ALLOCATIONS[node.type] ?? null);
}

/** Inside a function or method; a constructor runs once per object and is free, and so is what only it holds. */
function isInBody(ancestors: readonly SyntaxNode[]): boolean {
  const nearest = ancestors.findLast(({ type }) => FUNCTIONS.has(type) || type === 'Constructor');
  return nearest !== undefined && nearest.type !== 'Constructor';
}

function isAsync(node: SyntaxNode): boolean {
  return FUNCTIONS.has(node.type) && (node['async'] === true || methodIsAsync(node['function']));
}

/** A class method keeps its flags in a `function` without a node type of its own. */
function methodIsAsync(inner: unknown): boolean {
  return typeof inner === 'object' && inner !== null && 'async' in inner && inner.async === true;
}

/** swc notes a spread beside the element or argument, not as a node of its own, except in objects and patterns. */
function spreads(node: SyntaxNode): boolean {
  if (node.type === 'SpreadElement' || node.type === 'RestElement') return true;
  const parts = node.type === 'CallExpression' || node.type === 'NewExpression' ? node['arguments'] : null;
  return Array.isArray(parts) && parts.some(hasSpread);
}

function hasSpread(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'spread' in part && part.spread !== null;
}

function isAllowed(file: SourceFile, node: SyntaxNode): boolean {
  const line = file.tree.lineOf(node);
  const before = file.lines[line - 2] ?? '';
  return ALLOWED.test(file.lines[line - 1] ?? '') || (before.trim().startsWith('//') && ALLOWED.test(before));
}
