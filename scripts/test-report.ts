// What jest and the steps before it found, as counts, skipped tests with their reasons, and the closing line.

/** jest's `--json`, as far as it is read here. Source: jest's FormattedTestResults. */
export interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  /** Files that could not be loaded, or that hold no test. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly JestFile[];
}

interface JestFile {
  /** Absolute path. */
  readonly name: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly ancestorTitles: readonly string[];
    readonly title: string;
  }[];
}

export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/**
 * Counts of one run. A step that failed counts as one failure, a file that could not be loaded likewise, and so does a jest that left no
 * report or that ended badly without naming a failure. With `requirePeers` a skipped test is a failed one.
 */
export function countResults(run: {
  /** null = jest crashed before it could write one. */
  readonly report: JestReport | null;
  readonly jestCode: number;
  readonly failedSteps: number;
  readonly requirePeers: boolean;
}): Counts {
  const report = run.report;
  const failedTests = report === null ? 1 : report.numFailedTests + report.numRuntimeErrorTestSuites;
  const unnamed = run.jestCode !== 0 && failedTests === 0 ? 1 : 0;
  const left = report === null ? 0 : report.numPendingTests + report.numTodoTests;
  return {
    passed: report?.numPassedTests ?? 0,
    failed: failedTests + unnamed + run.failedSteps + (run.requirePeers ? left : 0),
    skipped: run.requirePeers ? 0 : left,
  };
}

/** One line a suite whose tests were left out; its title tells why (test/support/peer-suite.ts). */
export function renderSkipped(report: JestReport | null, root: string): string[] {
  const suites = new Map<string, number>();
  for (const file of report?.testResults ?? []) {
    for (const { status, ancestorTitles, title } of file.assertionResults) {
      if (status !== 'pending' && status !== 'todo') continue;
      const suite = `${file.name.replace(root, '')}: ${ancestorTitles[0] ?? title}`;
      suites.set(suite, (suites.get(suite) ?? 0) + 1);
    }
  }
  return [...suites].map(([suite, count]) => `skipped ${count} in ${suite}`);
}

export function renderCounts(counts: Counts): string {
  return `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`;
}
