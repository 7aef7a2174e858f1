// Reads the options of one bench from the command line.
import { type ParseArgsConfig, parseArgs } from 'node:util';

/** What was asked for can't be understood: the usage is shown, and the exit code is 2. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Throws UsageError for options that are not in the table. */
export function readArguments<T extends Options>(args: readonly string[], options: T) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A whole number from 1 to `maximum`. */
export function readCount(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw new UsageError(`${option}: ${text} is not a whole number from 1 to ${maximum}`);
}

/** A list with commas, of `known` names; '' is the empty list. */
export function readNames(option: string, text: string, known: readonly string[]): readonly string[] {
  const names = text.split(',').filter((part) => part !== '');
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new UsageError(`${option}: ${unknown.join(', ')} is none of ${known.join(', ')}`);
  }
  return names;
}
