// Sizes of functions, for the limits that hold on the whole and not for each.
import type { SourceFile } from './source-file.ts';
import { isNode, type SyntaxNode, walk } from './syntax-tree.ts';

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
  'MethodProperty',
  'GetterProperty',
  'SetterProperty',
]);

/** Lines of each function that has a block, from its first to its last. */
export function functionLengths(file: SourceFile): number[] {
  const lengths: number[] = [];
  walk(file.tree.root, (node) => {
    if (FUNCTIONS.has(node.type) && hasBlock(node))
      lengths.push(file.tree.lastLineOf(node) - file.tree.lineOf(node) + 1);
    return undefined;
  });
  return lengths;
}

function hasBlock(node: SyntaxNode): boolean {
  const inner = node['function'];
  // A class method keeps its body in a `function` without a node type of its own.
  const body = typeof inner === 'object' && inner !== null && 'body' in inner ? inner.body : node['body'];
  return isNode(body) && (body.type === 'FunctionBody' || body.type === 'BlockStatement');
}

/** The value below which `share` (0 … 1) of `values` lie; 0 where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
