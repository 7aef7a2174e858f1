// TypeScript sources as syntax trees: parse, walk, and lines of nodes.
import { parseSync } from '@swc/core';

/** A node as swc gives it; what a rule reads of it is checked where it reads. */
export interface SyntaxNode {
  readonly type: string;
  /** Byte offsets into the UTF-8 text, from 1; `end` is exclusive. */
  readonly span: { readonly start: number; readonly end: number };
  readonly [field: string]: unknown;
}

/** Answers `false` where the walk shall not go below `node`. `ancestors` ends with the parent; it may not be kept. */
export type Visit = (node: SyntaxNode, ancestors: readonly SyntaxNode[]) => boolean | undefined;

export interface SyntaxTree {
  readonly root: SyntaxNode;
  lineOf(node: SyntaxNode): number;
  lastLineOf(node: SyntaxNode): number;
}

/** Throws swc's own message where `text` is not TypeScript. */
export function parseTree(text: string): SyntaxTree {
  const root = parseSync(text, { syntax: 'typescript', target: 'es2024' });
  if (!isNode(root)) throw new Error('swc answered without a syntax tree');
  const bytes = Buffer.from(text);
  return {
    root,
    lineOf: (node) => lineAt(bytes, node.span.start - 1),
    lastLineOf: (node) => lineAt(bytes, node.span.end - 2),
  };
}

export function walk(root: SyntaxNode, visit: Visit): void {
  descend(root, visit, []);
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value;
}

/**
 * The name of an identifier that nothing in the file declares: a global. null for all others. swc resolves scopes while it parses; context 1
 * is its mark for what stayed unresolved, and property names have no context.
 */
export function globalName(node: unknown): string | null {
  return isNode(node) && node.type === 'Identifier' && node['ctxt'] === 1 ? String(node['value']) : null;
}

/** The text of a string literal, null for anything else. */
export function literalText(node: unknown): string | null {
  return isNode(node) && node.type === 'StringLiteral' ? String(node['value']) : null;
}

function descend(value: unknown, visit: Visit, ancestors: SyntaxNode[]): void {
  if (typeof value !== 'object' || value === null) return;
  const node = isNode(value) ? value : null;
  if (node !== null) {
    if (visit(node, ancestors) === false) return;
    ancestors.push(node);
  }
  for (const [field, child] of Object.entries(value)) {
    if (field !== 'span') descend(child, visit, ancestors);
  }
  if (node !== null) ancestors.pop();
}

function lineAt(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at >= 0 && at < offset; at = bytes.indexOf(10, at + 1)) line += 1;
  return line;
}
