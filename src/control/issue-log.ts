// Tells each problem once when it appears and once when it is gone.
import type { Log } from '../base/log.ts';
import { type Issue, renderIssue } from '../base/result.ts';

/** Lines for one change; the rest is counted. */
const MAX_LINES = 50;

export class IssueLog {
  readonly #log: Log;
  #known = new Map<string, Issue>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** `issues`: all that there are now. */
  update(issues: readonly Issue[]): void {
    const now = new Map(issues.map((issue) => [identityOf(issue), issue]));
    const appeared = [...now].filter(([key]) => !this.#known.has(key)).map(([, issue]) => issue);
    const gone = [...this.#known].filter(([key]) => !now.has(key)).map(([, issue]) => issue);
    this.#known = now;
    this.#tell(appeared, (issue) => {
      if (issue.severity === 'error') this.#log.error(renderIssue(issue));
      else this.#log.warn(renderIssue(issue));
    });
    this.#tell(gone, ({ remedy: _, ...issue }) => this.#log.info(`solved: ${renderIssue(issue)}`));
  }

  #tell(issues: readonly Issue[], write: (issue: Issue) => void): void {
    for (const issue of issues.slice(0, MAX_LINES)) write(issue);
    if (issues.length > MAX_LINES) this.#log.warn(`… and ${issues.length - MAX_LINES} more problems like these`);
  }
}

/** Without the line: a problem that only moves with the text above it is no news. */
function identityOf({ severity, source, path, message }: Issue): string {
  return JSON.stringify([severity, source, path, message]);
}
