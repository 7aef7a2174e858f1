// Results as values: what was parsed, or every reason why it could not be.

export type Severity = 'error' | 'warning';

/** Where a problem stands, as far as it is known. */
export interface Place {
  /** A file, a resource or an object, as its owner would name it. */
  readonly source?: string;
  /** Line in `source`, from 1. */
  readonly line?: number;
  /** Path inside the document, e.g. `spec.ports[0].port`. */
  readonly path?: string;
}

/** One problem that a person can act on. */
export interface Issue extends Place {
  readonly severity: Severity;
  /** What is wrong: names the thing and the value. */
  readonly message: string;
  /** What to do about it, as an order ("name one of …"). */
  readonly remedy?: string;
}

export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fail(issues: readonly Issue[]): Result<never> {
  return { ok: false, issues };
}

export function errorIssue(message: string, place: Place & { readonly remedy?: string } = {}): Issue {
  return { severity: 'error', message, ...place };
}

export function warningIssue(message: string, place: Place & { readonly remedy?: string } = {}): Issue {
  return { severity: 'warning', message, ...place };
}

/** One line: `file:line: path: what is wrong; what to do`. */
export function renderIssue(issue: Issue): string {
  const where = [issue.source, issue.line].filter((part) => part !== undefined).join(':');
  const head = [where, issue.path, issue.message].filter((part) => part !== undefined && part !== '').join(': ');
  return issue.remedy === undefined ? head : `${head}; ${issue.remedy}`;
}
