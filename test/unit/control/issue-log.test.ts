// Promises of telling problems: once when they come, once when they go.
import { errorIssue, warningIssue } from '../../../src/base/result.ts';
import { IssueLog } from '../../../src/control/issue-log.ts';
import { ListLog } from '../../support/list-log.ts';

describe('IssueLog', () => {
  it('tells each problem once when it appears and once when it is gone', () => {
    const log = new ListLog();
    const issues = new IssueLog(log);
    const bad = errorIssue('is bad', { source: 'a.yaml', line: 3, path: 'spec', remedy: 'mend it' });
    issues.update([bad, warningIssue('is odd')]);
    expect(log.take()).toEqual(['error a.yaml:3: spec: is bad; mend it', 'warn is odd']);
    issues.update([bad, warningIssue('is odd')]);
    issues.update([{ ...bad, line: 4 }, warningIssue('is odd')]);
    expect(log.take()).toEqual([]);
    issues.update([warningIssue('is odd')]);
    expect(log.take()).toEqual(['info solved: a.yaml:4: spec: is bad']);
  });

  it('tells at most 50 of one change and counts the rest', () => {
    const log = new ListLog();
    new IssueLog(log).update(Array.from({ length: 60 }, (_, i) => errorIssue(`bad ${i}`)));
    expect(log.lines).toHaveLength(51);
    expect(log.lines.at(-1)).toBe('warn … and 10 more problems like these');
  });
});
