// Splits a manifest file into its YAML or JSON documents, each with its value and its lines.
import {
  type DocumentOptions,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  type ParseOptions,
  parseAllDocuments,
  parseDocument,
  type SchemaOptions,
} from 'yaml';
import { messageOf } from '../base/coded-error.ts';
import { errorIssue, type Issue } from '../base/result.ts';
import { parsePath } from './field-path.ts';
import { PLAIN_SCALAR } from './yaml-scalar.ts';
import { DocumentError, offsetOf, YamlValueReader } from './yaml-value.ts';

/** A part of a file: `text` begins on line `line` (from 1), `indent` characters into it. */
export interface Chunk {
  readonly text: string;
  readonly line: number;
  readonly indent: number;
}

export interface ManifestDocument {
  readonly value: unknown;
  readonly chunk: Chunk;
}

export interface Documents {
  readonly documents: readonly ManifestDocument[];
  readonly issues: readonly Issue[];
}

const OPTIONS = {
  schema: 'failsafe' as const,
  customTags: [PLAIN_SCALAR],
  // Both are our own, in linear time (yaml-value.ts).
  uniqueKeys: false,
  merge: false,
  prettyErrors: false,
  logLevel: 'silent' as const,
} satisfies ParseOptions & DocumentOptions & SchemaOptions;

/** Reads as kubectl does: a line that begins with `---` ends a document whatever came before it, so that a broken one loses only itself. */
export function parseDocuments(text: string, source: string): Documents {
  const documents: ManifestDocument[] = [];
  const issues: Issue[] = [];
  for (const chunk of splitDocuments(text.startsWith('\uFEFF') ? text.slice(1) : text)) {
    if (isBlank(chunk.text)) continue;
    try {
      documents.push(...parseChunk(chunk));
    } catch (error) {
      issues.push(chunkIssue(error, chunk, source));
    }
  }
  return { documents, issues };
}

/** Each item of a sequence as a document of its own, with the lines that it stands on. `path` leads to the sequence. */
export function itemDocuments(document: ManifestDocument, items: readonly unknown[], path: string): ManifestDocument[] {
  const { chunk } = document;
  const lines = new LineCounter();
  const sequence = descend(compose(chunk, lines), path).node;
  const nodes = isSeq(sequence) ? sequence.items : [];
  return items.map((value, index) => {
    const node = nodes[index] as ParsedNode | undefined;
    return { value, chunk: node === undefined ? chunk : chunkOf(node, chunk, lines) };
  });
}

/** The part of `outer` that `node` takes. `lines` counts in the text that `compose` was given. */
function chunkOf(node: ParsedNode, outer: Chunk, lines: LineCounter): Chunk {
  const [start, end] = node.range;
  const { line, col } = lines.linePos(start);
  const text = outer.text.slice(start - outer.indent, end - outer.indent);
  return { text, line: outer.line + line - 1, indent: col - 1 };
}

/**
 * Answers the line of a path, or of its nearest ancestor that is written out. The text is read again at the first
 * question, and the tree lives as long as the function does.
 */
export function lineFinder(chunk: Chunk): (path: string) => number {
  let tree: { readonly root: ParsedNode | null; readonly lines: LineCounter } | null = null;
  return (path) => {
    if (tree === null) {
      const lines = new LineCounter();
      tree = { root: compose(chunk, lines), lines };
    }
    return chunk.line + Math.max(1, tree.lines.linePos(descend(tree.root, path).offset).line) - 1;
  };
}

function* splitDocuments(text: string): Generator<Chunk> {
  let start = 0;
  let startLine = 1;
  let line = 1;
  for (let at = 0; at < text.length; line += 1) {
    const newline = text.indexOf('\n', at);
    const next = newline < 0 ? text.length : newline + 1;
    if (text.startsWith('---', at) && ' \t\r\n'.includes(text[at + 3] ?? '\n')) {
      yield { text: text.slice(start, at), line: startLine, indent: 0 };
      start = at + 3;
      startLine = line;
    }
    at = next;
  }
  yield { text: text.slice(start), line: startLine, indent: 0 };
}

/** Nothing but white space, comments and directives. */
function isBlank(text: string): boolean {
  return text.split('\n').every((line) => line.trim() === '' || /^\s*[#%]/.test(line));
}

function parseChunk(chunk: Chunk): ManifestDocument[] {
  const json = parseJson(chunk.text);
  if (json !== undefined) return [{ value: json, chunk: withoutLeadingSpace(chunk) }];
  const lineCounter = new LineCounter();
  return parseAllDocuments(chunk.text, { ...OPTIONS, lineCounter }).flatMap((document) => {
    const error = document.errors[0];
    if (error !== undefined) throw error;
    const { contents } = document;
    const value = new YamlValueReader().read(contents);
    return contents === null || value === null ? [] : [{ value, chunk: chunkOf(contents, chunk, lineCounter) }];
  });
}

function withoutLeadingSpace(chunk: Chunk): Chunk {
  const text = chunk.text.trimStart();
  const skipped = chunk.text.slice(0, chunk.text.length - text.length).split('\n');
  return { text, line: chunk.line + skipped.length - 1, indent: skipped.at(-1)?.length ?? 0 };
}

/** Undefined where it is not JSON, which YAML may read all the same. */
function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function chunkIssue(error: unknown, chunk: Chunk, source: string): Issue {
  const offset = error instanceof DocumentError ? error.offset : syntaxOffset(error);
  const line = chunk.line + chunk.text.slice(0, offset).split('\n').length - 1;
  if (error instanceof DocumentError) {
    return errorIssue(`the document ${error.message}`, { source, line, remedy: error.remedy });
  }
  const message = messageOf(error).split('\n')[0] ?? '';
  const reason = message.includes('call stack') ? 'it is nested too deeply' : message;
  return errorIssue(`not valid YAML: ${reason}`, {
    source,
    line,
    remedy: 'mend it',
  });
}

/** YAMLParseError.pos: where the problem begins. */
function syntaxOffset(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('pos' in error) || !Array.isArray(error.pos)) return 0;
  const start: unknown = error.pos[0];
  return typeof start === 'number' ? start : 0;
}

/** The tree of a chunk for finding places: whatever is wrong with it does not matter here. */
function compose(chunk: Chunk, lineCounter: LineCounter): ParsedNode | null {
  // A tab is legal white space in JSON and not in YAML; one column for one keeps the places.
  const text = /^\s*[{[]/.test(chunk.text) ? chunk.text.replaceAll('\t', ' ') : chunk.text;
  return parseDocument(' '.repeat(chunk.indent) + text, { ...OPTIONS, lineCounter }).contents;
}

interface Found {
  /** Null where the path ends before. */
  readonly node: ParsedNode | null;
  readonly offset: number;
}

function descend(root: ParsedNode | null, path: string): Found {
  let found: Found = { node: root, offset: offsetOf(root) };
  for (const step of parsePath(path)) {
    const next = child(found.node, step);
    if (next === null) return { node: null, offset: found.offset };
    found = next;
  }
  return found;
}

function child(node: ParsedNode | null, step: string | number): Found | null {
  if (isSeq(node)) {
    const item = node.items[Number(step)] as ParsedNode | undefined;
    return item === undefined ? null : { node: item, offset: offsetOf(item) };
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
  if (pair === undefined) return null;
  const value = pair.value as ParsedNode | null;
  return { node: isAlias(value) ? null : value, offset: offsetOf(pair.key as ParsedNode) };
}
