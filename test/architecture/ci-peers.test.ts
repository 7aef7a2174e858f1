// CI skips nothing: what tests ask for through describeWithPeers is what .ci/run installs, no less and no more.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PEERS } from '../../scripts/peers/table.ts';
import { ROOT, readSources, type SourceFile } from './source-file.ts';
import { isNode, literalText, type SyntaxNode, walk } from './syntax-tree.ts';

/** Programs in the second argument of each `describeWithPeers(title, [programs], …)`. */
function programsOf(file: SourceFile): string[] {
  const found: string[] = [];
  walk(file.tree.root, (node) => {
    const callee = node['callee'];
    if (node.type !== 'CallExpression' || !isNode(callee) || callee['value'] !== 'describeWithPeers') return undefined;
    const list = expressionsOf(node['arguments'])[1];
    found.push(...expressionsOf(list?.['elements']).flatMap((element) => literalText(element) ?? []));
    return undefined;
  });
  return found;
}

/** swc wraps arguments and elements as `{ spread, expression }`. */
function expressionsOf(list: unknown): SyntaxNode[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((one: unknown) => {
    const expression = typeof one === 'object' && one !== null && 'expression' in one ? one.expression : null;
    return isNode(expression) ? [expression] : [];
  });
}

describe('.ci/run', () => {
  it('installs exactly the peers that tests ask for', () => {
    const programs = new Set(readSources('test').flatMap(programsOf));
    const wanted = PEERS.filter((peer) => peer.programs.some((program) => programs.has(program)));
    const script = readFileSync(join(ROOT, '.ci/run'), 'utf8');
    const installed = /^peers=\(([^)]*)\)$/m.exec(script)?.[1]?.split(' ') ?? [];
    expect(installed.sort()).toEqual(wanted.map(({ name }) => name).sort());
    expect(programs.size).toBeGreaterThan(0);
  });
});
