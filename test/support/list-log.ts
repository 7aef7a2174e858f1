// A log that keeps its lines for a test to look at.
import type { Log } from '../../src/base/log.ts';

export class ListLog implements Log {
  /** `level message`. */
  readonly lines: string[] = [];

  debug(message: string): void {
    this.lines.push(`debug ${message}`);
  }

  info(message: string): void {
    this.lines.push(`info ${message}`);
  }

  warn(message: string): void {
    this.lines.push(`warn ${message}`);
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
