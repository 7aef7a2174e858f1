// Collects what is wrong with a bootstrap file and what is left out of it, each at its path and line.
import { errorIssue, type Issue, warningIssue } from '../../base/result.ts';
import { DecodeContext, joinPath } from '../resources/decode-context.ts';
import { consequenceOf } from './consequences.ts';
import type { MessageReader } from './message-reader.ts';

/** More problems or notes than these about one file are left out: they are for people. */
const MAX_TOLD = 200;

export class FileContext {
  readonly #source: string;
  readonly #reader: MessageReader;
  readonly #issues: Issue[] = [];
  readonly #notes: Issue[] = [];

  /** `reader` has read the file. */
  constructor(source: string, reader: MessageReader) {
    this.#source = source;
    this.#reader = reader;
    this.#issues.push(...reader.issues, ...reader.refusals);
    this.#note(reader.ignored);
  }

  /** By line; where there are too many, the last one counts the rest. */
  get issues(): readonly Issue[] {
    const told = this.#issues.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, MAX_TOLD);
    const rest = this.#issues.length - told.length;
    if (rest === 0) return told;
    return [...told, errorIssue(`has ${rest} more problems`, { source: this.#source, remedy: 'mend these first' })];
  }

  get notes(): readonly Issue[] {
    return this.#notes.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0)).slice(0, MAX_TOLD);
  }

  /** The text at `path` was read without a problem, so that what it lacks is lacking indeed. */
  isReadable(path: string): boolean {
    return !this.#reader.issues.some((issue) => isBelow(issue.path ?? '', path));
  }

  refuse(path: string, message: string, remedy: string): void {
    this.#issues.push(errorIssue(message, { source: this.#source, line: this.#reader.lineOf(path), path, remedy }));
  }

  /** Runs a decoder over what stands at `path`; its paths begin there. */
  decode<T>(path: string, run: (context: DecodeContext) => T): T {
    const context = new DecodeContext('');
    const value = run(context);
    this.take(path, context.issues, context.ignored);
    return value;
  }

  /** What a decoder found in what stands at `path`. */
  take(path: string, issues: readonly Issue[], ignored: readonly string[]): void {
    for (const issue of issues) {
      const at = issue.path === undefined || issue.path === '' ? path : joinPath(path, issue.path);
      const { message, remedy = 'mend it' } = issue;
      this.refuse(at, message, remedy);
    }
    this.#note(ignored.map((ending) => joinPath(path, ending)));
  }

  #note(paths: readonly string[]): void {
    for (const path of paths) {
      const line = this.#reader.lineOf(path);
      this.#notes.push(warningIssue(`is not supported: ${consequenceOf(path)}`, { source: this.#source, line, path }));
    }
  }
}

function isBelow(path: string, parent: string): boolean {
  return path.startsWith(parent) && (path.length === parent.length || '.['.includes(path.charAt(parent.length)));
}
