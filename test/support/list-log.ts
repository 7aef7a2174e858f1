// A log that keeps its lines for a test to look at.
import type { Log, LogFields } from '../../src/base/log.ts';

export class ListLog implements Log {
  /** `level message`. */
  readonly lines: string[] = [];
  /** What stood beside each warning. */
  readonly warned: LogFields[] = [];

  debug(message: string): void {
    this.lines.push(`debug ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(message: string, fields: LogFields = {}): void {
    this.lines.push(`warn ${message}`);
    this.warned.push(fields);
  }

  error(message: string): void {
    this.lines.push(`error ${message}`);
  }

  with(): Log {
    return this;
  }

  /** The lines since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }
}
