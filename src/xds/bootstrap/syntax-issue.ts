// What the YAML parser says of a text that is none, as a sentence for people: which line to mend, and how.
import { Lexer, type YAMLParseError } from 'yaml';

export interface SyntaxIssue {
  /** In the text, from 0: where the mistake was made rather than where it was noticed. */
  readonly offset: number;
  /** The key that stands there; '' = none. */
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
}

const LINE_UP = 'line it up with the keys that it belongs to, by spaces';
const MAX_ISSUES = 200;
const MAX_KEY_LENGTH = 60;
const MAX_LINE_LENGTH = 200;

/** Tokens of the lexer that stand for no text: begin of a document, end of a broken flow collection, "a scalar follows". */
const MARKS: ReadonlySet<string> = new Set(['\u0002', '\u0018', '\u001f']);

/**
 * The first mistake: the parser reads what follows it wrongly, and its further complaints would mislead. Keys that stand twice break nothing,
 * so all of them are told where they are the only mistakes. `errors` is not empty.
 */
export function explainSyntax(text: string, errors: readonly YAMLParseError[]): readonly SyntaxIssue[] {
  const inOrder = errors.toSorted((a, b) => a.pos[0] - b.pos[0]);
  const breaking = inOrder.find(({ code }) => code !== 'DUPLICATE_KEY');
  return (breaking === undefined ? inOrder.slice(0, MAX_ISSUES) : [breaking]).map((error) => explain(text, error));
}

function explain(text: string, { code, message, pos: [offset] }: YAMLParseError): SyntaxIssue {
  const key = keyOfLine(text, offset);
  const [reason = ''] = message.split('\n');
  const opened = /^Flow|^Missing closing/.test(reason) ? openedAt(text) : null;
  if (opened !== null) {
    const mark = text[opened] ?? '';
    const end = mark === '{' ? '}' : mark === '[' ? ']' : mark;
    return {
      offset: opened,
      key: keyOfLine(text, opened),
      message: `a ${mark} is not closed`,
      remedy: `add the ${end}`,
    };
  }
  if (code === 'DUPLICATE_KEY') {
    const [own = ''] = text.slice(offset, offset + MAX_KEY_LENGTH).split(/[:\s]/, 1);
    return { offset, key: own, message: 'stands twice in one mapping', remedy: 'keep one of the two' };
  }
  if (code === 'RESOURCE_EXHAUSTION' || /call stack/.test(reason)) {
    return { offset, key, message: 'is nested too deeply', remedy: 'make it flatter' };
  }
  if (code === 'TAB_AS_INDENT') return { offset, key, message: 'is indented by a tab', remedy: 'use spaces' };
  if (code === 'BAD_INDENT')
    return { offset, key, message: 'is indented so that it belongs to nothing', remedy: LINE_UP };
  if (code === 'BLOCK_AS_IMPLICIT_KEY' || code === 'MULTILINE_IMPLICIT_KEY') {
    return { offset, key, ...explainPair(lineOf(text, offset)) };
  }
  return { offset, key: '', message: `not valid YAML: ${reason}`, remedy: 'mend this line or the one before' };
}

/** Two pairs that were read as one; `line` is the first line of them. */
function explainPair(line: string): Pick<SyntaxIssue, 'message' | 'remedy'> {
  if (!/:(?:\s|$)/.test(line))
    return { message: 'is no key with a value', remedy: 'write key: value, with a space after the colon' };
  if (/:\s+\S[^:]*:(?:\s|$)/.test(line)) {
    return {
      message: 'has a colon inside its value',
      remedy: 'put the value in quotation marks, or on lines of its own',
    };
  }
  const message = 'has a value, and the next line is indented as if it belonged to it';
  return { message, remedy: 'line the two up, by spaces' };
}

/** The key on the line of `offset`. */
function keyOfLine(text: string, offset: number): string {
  return /^["']?([\w.@/-]{1,60})["']?\s*:/.exec(lineOf(text, offset))?.[1] ?? '';
}

/** The line of `offset` without its indentation, cut where it is long. */
function lineOf(text: string, offset: number): string {
  const from = text.lastIndexOf('\n', offset - 1) + 1;
  const line = text.slice(from, from + MAX_LINE_LENGTH).replace(/^[\s-]*/, '');
  return line.split('\n', 1)[0] ?? '';
}

/** Of the bracket or quotation mark that nothing closes; null where all are closed. */
function openedAt(text: string): number | null {
  const open: number[] = [];
  let offset = 0;
  let isScalar = false;
  for (const token of new Lexer().lex(text)) {
    if (MARKS.has(token)) {
      if (token === '\u0018') break;
      isScalar = token === '\u001f';
      continue;
    }
    const [first = ''] = token;
    if (!isScalar && (first === '"' || first === "'") && !isClosed(token, first)) return offset;
    if (!isScalar && (token === '{' || token === '[')) open.push(offset);
    else if (!isScalar && (token === '}' || token === ']')) open.pop();
    isScalar = false;
    offset += token.length;
  }
  return open.at(-1) ?? null;
}

function isClosed(token: string, mark: string): boolean {
  return token.length > 1 && token.endsWith(mark);
}
