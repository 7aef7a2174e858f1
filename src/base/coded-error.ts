// Errors for people: a stable code, what happened, and what to do.

/** Identity is `code`: errors cross realms and bundles, where `instanceof` fails. */
export class CodedError extends Error {
  readonly code: string;
  readonly remedy: string | undefined;

  constructor(code: string, message: string, remedy?: string) {
    super(message);
    this.name = 'CodedError';
    this.code = code;
    this.remedy = remedy;
  }
}

/** The `code` of anything thrown, '' where there is none. */
export function codeOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return '';
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}
