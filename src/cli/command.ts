// What a command is: a row of the table, and the function that gives it options, help and action.
import type { Command } from 'commander';

/** What a command sees of the process. */
export interface Cli {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Standard output: answers. Line ends are the caller's. */
  out(text: string): void;
  /** Standard error: remarks, logs, errors. */
  err(text: string): void;
}

/** Called only for the command that was asked for. Its action throws `usageError` or `failure` where it does not succeed. */
export type CommandBuilder = (command: Command, cli: Cli) => void;

export interface CommandRow {
  readonly name: string;
  /** One line of `switchboard --help`. */
  readonly summary: string;
  /** Runs until it is told to stop; then a reader of its output that left is no reason to end. */
  readonly daemon: boolean;
  /** Loads the command's own file, so that a command costs only what it uses. */
  load(): Promise<CommandBuilder>;
}
