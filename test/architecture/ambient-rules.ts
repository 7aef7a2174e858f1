// Where globals such as `process`, the system's clock and chance may be touched: elsewhere they are parameters.
import { isWithin } from './room-rules.ts';
import type { AmbientRow } from './rooms.ts';
import type { Rule, SourceFile, Violation } from './source-file.ts';
import { globalName, isNode, type SyntaxNode, walk } from './syntax-tree.ts';

/** Type syntax that holds values; below every other `Ts…` node stand names of types only. */
const VALUE_HOLDERS = new Set([
  'TsAsExpression',
  'TsConstAssertion',
  'TsExportAssignment',
  'TsInstantiation',
  'TsNonNullExpression',
  'TsSatisfiesExpression',
  'TsTypeAssertion',
]);

/** A rule that reports each use of a name of `rows` outside the places where that row allows it. */
export function ambientRule(rows: readonly AmbientRow[]): Rule {
  return (file) => {
    const forbidden = new Map<string, AmbientRow>();
    for (const row of rows) {
      if (row.allowedIn.some((place) => isWithin(file.path, `src/${place}`))) continue;
      for (const name of row.names) forbidden.set(name, row);
    }
    return usesOf(file, forbidden);
  };
}

function usesOf(file: SourceFile, forbidden: ReadonlyMap<string, AmbientRow>): Violation[] {
  const found: Violation[] = [];
  walk(file.tree.root, (node, ancestors) => {
    if (node.type.startsWith('Ts') && !VALUE_HOLDERS.has(node.type)) return false;
    const use = ambientUse(node, ancestors.at(-1), forbidden);
    const row = forbidden.get(use ?? '');
    if (use !== null && row !== undefined) {
      found.push({ path: file.path, line: file.tree.lineOf(node), message: `\`${use}\` here: ${row.why}` });
    }
    return undefined;
  });
  return found;
}

/**
 * The row's name for what `node` touches: `process`, `Date.now`, `new Date()`; a bare `Date` or `Math` that is handed on counts as the first
 * forbidden member, because it carries all of them.
 */
function ambientUse(
  node: SyntaxNode,
  parent: SyntaxNode | undefined,
  forbidden: ReadonlyMap<string, AmbientRow>,
): string | null {
  const name = globalName(node);
  if (name === null) return null;
  if (forbidden.has(name)) return name;
  const members = [...forbidden.keys()].filter((key) => key.startsWith(`${name}.`) || key === `new ${name}()`);
  if (members.length === 0 || parent === undefined) return null;
  if (parent.type === 'NewExpression') return hasArguments(parent) ? null : `new ${name}()`;
  if (parent.type === 'BinaryExpression' && parent['operator'] === 'instanceof') return null;
  const property = parent.type === 'MemberExpression' ? parent['property'] : null;
  if (isNode(property) && property.type === 'Identifier') return `${name}.${String(property['value'])}`;
  return members[0] ?? null;
}

function hasArguments(call: SyntaxNode): boolean {
  return Array.isArray(call['arguments']) && call['arguments'].length > 0;
}
