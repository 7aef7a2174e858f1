// The problems that stand now, from all who find some: each is told once when it appears and once when it is gone.
import type { Issue } from '../base/result.ts';
import type { ReportEvent } from './events.ts';

export class IssueBoard {
  readonly #report: ReportEvent;
  readonly #bySource = new Map<string, ReadonlyMap<string, Issue>>();
  #closed = false;

  constructor(report: ReportEvent) {
    this.#report = report;
  }

  /** Nothing more is told. */
  close(): void {
    this.#closed = true;
  }

  /** Everything that `source` finds wrong now. What another source says in the same words is told only once. */
  set(source: string, issues: readonly Issue[]): void {
    if (this.#closed) return;
    const before = this.#all();
    if (issues.length === 0) this.#bySource.delete(source);
    else this.#bySource.set(source, new Map(issues.map((issue) => [keyOf(issue), issue])));
    const after = this.#all();
    for (const [text, issue] of before) if (!after.has(text)) this.#report({ kind: 'issue-resolved', issue });
    for (const [text, issue] of after) if (!before.has(text)) this.#report({ kind: 'issue', issue });
  }

  #all(): Map<string, Issue> {
    const all = new Map<string, Issue>();
    for (const issues of this.#bySource.values()) for (const [text, issue] of issues) all.set(text, issue);
    return all;
  }
}

/** Without the line: lines added above a problem don't make it another one. */
function keyOf({ severity, source, path, message }: Issue): string {
  return JSON.stringify([severity, source, path, message]);
}
