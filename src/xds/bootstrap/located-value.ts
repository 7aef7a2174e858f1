// YAML or JSON text as values that know the line they stand on.
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { errorIssue, fail, type Issue, ok, type Result } from '../../base/result.ts';
import { explainSyntax } from './syntax-issue.ts';

/** Longer texts are refused unread. */
const MAX_TEXT_LENGTH = 16 * 1024 * 1024;
/** Counted with what aliases repeat. */
const MAX_VALUES = 500_000;
const MAX_DEPTH = 100;

export type LocatedValue = LocatedScalar | LocatedList | LocatedMap;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly line: number;
  readonly value: string | number | boolean | null;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly LocatedValue[];
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: readonly LocatedEntry[];
}

export interface LocatedEntry {
  readonly key: string;
  /** Of the key. */
  readonly line: number;
  readonly value: LocatedValue;
}

/** One document of YAML 1.2 (of which JSON is a part). What is wrong with its syntax, with the line, or the value. `source` names the text in issues. */
export function parseLocated(text: string, source: string): Result<LocatedValue> {
  if (text.length > MAX_TEXT_LENGTH) {
    return fail([errorIssue(`is longer than ${MAX_TEXT_LENGTH} characters`, { source, remedy: 'make it shorter' })]);
  }
  const lineCounter = new LineCounter();
  // A tab is white space in JSON and an error in YAML; one character for one keeps the places.
  const readable = /^\s*[{[]/.test(text) ? text.replaceAll('\t', ' ') : text;
  const document = parseDocument(readable, { lineCounter, prettyErrors: false, logLevel: 'error' });
  if (document.errors.length > 0) {
    return fail(
      explainSyntax(readable, document.errors).map(({ offset, key, message, remedy }): Issue => {
        const { line } = lineCounter.linePos(offset);
        return errorIssue(message, { source, line, remedy, ...(key === '' ? {} : { path: key }) });
      }),
    );
  }
  if (document.contents === null)
    return fail([errorIssue('is empty', { source, line: 1, remedy: 'give it static_resources' })]);
  const reader = new Reader(
    (offset) => lineCounter.linePos(offset).line,
    (alias) => alias.resolve(document) ?? null,
  );
  const value = reader.read(document.contents, 0);
  if (value.kind === 'scalar' && value.value === null && reader.problem === null) {
    return fail([errorIssue('is empty', { source, line: 1, remedy: 'give it static_resources' })]);
  }
  const problem = reader.problem;
  return problem === null
    ? ok(value)
    : fail([errorIssue(problem.message, { source, line: problem.line, remedy: 'mend that' })]);
}

type Alias = Extract<Node, { readonly source: string; resolve(...args: never[]): unknown }>;

class Reader {
  readonly #lineOf: (offset: number) => number;
  readonly #resolve: (alias: Alias) => Node | null;
  #values = 0;
  problem: { readonly message: string; readonly line: number } | null = null;

  constructor(lineOf: (offset: number) => number, resolve: (alias: Alias) => Node | null) {
    this.#lineOf = lineOf;
    this.#resolve = resolve;
  }

  read(node: Node | null, depth: number): LocatedValue {
    const line = this.#line(node);
    this.#values += 1;
    if (this.#values > MAX_VALUES) this.#refuse(`holds more than ${MAX_VALUES} values`, line);
    if (depth > MAX_DEPTH) this.#refuse(`is nested more than ${MAX_DEPTH} deep`, line);
    if (this.problem !== null) return { kind: 'scalar', line, value: null };
    if (isAlias(node)) return this.#readAlias(node as Alias, line, depth);
    if (isSeq(node)) return { kind: 'list', line, items: node.items.map((item) => this.read(item as Node, depth + 1)) };
    if (isMap(node)) {
      return {
        kind: 'map',
        line,
        entries: node.items.map((pair) => this.#entry(pair as Pair<Node, Node | null>, depth)),
      };
    }
    return { kind: 'scalar', line, value: isScalar(node) ? plain(node.value) : null };
  }

  #readAlias(alias: Alias, line: number, depth: number): LocatedValue {
    const target = this.#resolve(alias);
    if (target === null) this.#refuse(`*${alias.source.slice(0, 60)} names no anchor that stands before it`, line);
    return this.read(target, depth + 1);
  }

  #entry(pair: Pair<Node, Node | null>, depth: number): LocatedEntry {
    const line = this.#line(pair.key);
    const key = isScalar(pair.key) ? String(pair.key.value) : '';
    if (!isScalar(pair.key)) this.#refuse('has a key that is no text', line);
    const value =
      pair.value === null ? { kind: 'scalar' as const, line, value: null } : this.read(pair.value, depth + 1);
    return { key, line, value };
  }

  #line(node: Node | null): number {
    return this.#lineOf(node?.range?.[0] ?? 0);
  }

  #refuse(message: string, line: number): void {
    this.problem ??= { message, line };
  }
}

function plain(value: unknown): LocatedScalar['value'] {
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
  return String(value);
}
