// Collects what is wrong with one resource, and what was left out of it, while it is read.
import { errorIssue, type Issue } from '../../base/result.ts';

/** More problems than this in one resource are counted, not listed. */
export const MAX_NOTES = 64;

export class DecodeContext {
  readonly #source: string;
  readonly #issues: Issue[] = [];
  readonly #ignored: string[] = [];
  #unlisted = 0;

  /** `source`: the resource as people name it, e.g. `cluster "outbound|80|a.b"`. */
  constructor(source: string) {
    this.#source = source;
  }

  /** The resource cannot be used: `path` inside it, what is wrong there, and what to do. */
  refuse(path: string, message: string, remedy: string): void {
    if (this.#issues.length < MAX_NOTES) this.#issues.push(errorIssue(message, { source: this.#source, path, remedy }));
    else this.#unlisted += 1;
  }

  /** The field at `path` is not supported, and the resource means the same without it. */
  ignore(path: string): void {
    if (this.#ignored.length < MAX_NOTES) this.#ignored.push(path);
  }

  get issues(): readonly Issue[] {
    if (this.#unlisted === 0) return this.#issues;
    const rest = errorIssue(`has ${this.#unlisted} more problems`, { source: this.#source });
    return [...this.#issues, rest];
  }

  get ignored(): readonly string[] {
    return this.#ignored;
  }
}

/** `a` and `b` → `a.b`; an empty part is left out. */
export function joinPath(parent: string, child: string): string {
  return parent === '' ? child : `${parent}.${child}`;
}
