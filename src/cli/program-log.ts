// The log of a long-running command: lines to standard error, as its settings say.
import { systemClock } from '../base/clock.ts';
import { createLog, type Log, type LogLevel } from '../base/log.ts';
import type { Cli } from './command.ts';

export interface LogSettings {
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}

export function createProgramLog(settings: LogSettings, cli: Cli): Log {
  const sink = (line: string): void => cli.err(`${line}\n`);
  return createLog({ clock: systemClock, level: settings.logLevel, format: settings.logFormat, sink });
}
