// How a command says that it did not succeed: the exit code is 2 for wrong usage, 1 for everything else.
import { CodedError } from '../base/coded-error.ts';
import { type Issue, renderIssue } from '../base/result.ts';

const USAGE = 'usage';
const FAILURE = 'failure';

/** Wrong options, arguments or settings: exit code 2. */
export function usageError(message: string, remedy?: string): CodedError {
  return new CodedError(USAGE, message, remedy);
}

/** It was asked rightly and could not be done, or the answer is "no": exit code 1. */
export function failure(message: string, remedy?: string): CodedError {
  return new CodedError(FAILURE, message, remedy);
}

/** Every issue, a line each: exit code 2. */
export function usageIssues(issues: readonly Issue[]): CodedError {
  return usageError(issues.map(renderIssue).join('\n'));
}

export function isUsageError(error: CodedError): boolean {
  return error.code === USAGE;
}
