// The counts and reasons that `npm test` ends with.
import { countResults, type JestReport, renderCounts, renderSkipped } from '../../../scripts/test-report.ts';

function report(fields: Partial<JestReport> = {}): JestReport {
  return {
    numPassedTests: 5,
    numFailedTests: 0,
    numPendingTests: 0,
    numTodoTests: 0,
    numRuntimeErrorTestSuites: 0,
    testResults: [],
    ...fields,
  };
}

const clean = { report: report(), jestCode: 0, failedSteps: 0, requirePeers: false };

describe('the counts of npm test', () => {
  it.each([
    ['a clean run', {}, { passed: 5, failed: 0, skipped: 0 }],
    ['failed tests', { report: report({ numFailedTests: 2 }), jestCode: 1 }, { passed: 5, failed: 2, skipped: 0 }],
    [
      'a file that could not be loaded, as one failure',
      { report: report({ numRuntimeErrorTestSuites: 1 }), jestCode: 1 },
      { passed: 5, failed: 1, skipped: 0 },
    ],
    ['a jest without a report, as one failure', { report: null, jestCode: 1 }, { passed: 0, failed: 1, skipped: 0 }],
    ['a jest that was killed but ended with 0', { report: null }, { passed: 0, failed: 1, skipped: 0 }],
    ['an exit code that no failure explains, as one failure', { jestCode: 1 }, { passed: 5, failed: 1, skipped: 0 }],
    ['failed steps on top', { failedSteps: 2 }, { passed: 5, failed: 2, skipped: 0 }],
    ['skipped tests', { report: report({ numPendingTests: 3 }) }, { passed: 5, failed: 0, skipped: 3 }],
    [
      'skipped tests as failures where peers are required',
      { report: report({ numPendingTests: 3 }), requirePeers: true },
      { passed: 5, failed: 3, skipped: 0 },
    ],
  ])('are right for %s', (_, change, counts) => {
    expect(countResults({ ...clean, ...change })).toEqual(counts);
  });

  it('stand on one line in the order of the contract', () => {
    expect(renderCounts({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
  });
});

describe('the skipped tests of npm test', () => {
  it('are named by file and suite, once, with their number', () => {
    const skipped = { status: 'pending', ancestorTitles: ['Envoy (no envoy on this machine: npm run peers)', 'xds'] };
    const file = {
      name: '/project/test/peers/envoy.test.ts',
      assertionResults: [
        { ...skipped, title: 'takes clusters' },
        { ...skipped, title: 'takes routes' },
        { status: 'passed', ancestorTitles: ['a'], title: 'b' },
      ],
    };
    expect(renderSkipped(report({ testResults: [file] }), '/project/')).toEqual([
      'skipped 2 in test/peers/envoy.test.ts: Envoy (no envoy on this machine: npm run peers)',
    ]);
  });

  it('are none when jest left no report', () => {
    expect(renderSkipped(null, '/project/')).toEqual([]);
  });
});
