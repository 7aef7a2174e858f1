// What one row of configuration is: a name, a variable, a type, a default, and a sentence for the reader.
import type { Result } from '../base/result.ts';

/** How a setting is written as text and read back. */
export interface SettingType<Value> {
  /** What to write, for people: "a duration such as `250ms`, `10s`, `5m` or `1h`". */
  readonly describe: string;
  /** Issues name the value and the remedy; whoever calls adds the place. */
  parse(text: string): Result<Value>;
}

export interface Setting<Name extends string = string, Value = unknown> {
  /** Key in the typed object; carries the unit (`drainTimeoutMs`, `replayBufferBytes`). */
  readonly name: Name;
  /** Variable of the environment, `SWITCHBOARD_…`. A variable that is set but empty counts as not set. */
  readonly env: string;
  readonly type: SettingType<Value>;
  /** As one would write it in the variable; '' = nothing, for types that allow it. */
  readonly default: string;
  /** A limit of the whole sidecar: of several workers each gets an even share. */
  readonly divided?: true;
  /** One or two sentences: what it does, and why the default is what it is. */
  readonly doc: string;
}

/** The typed object that rows parse to. */
export type SettingsOf<Rows extends readonly Setting[]> = {
  readonly [Row in Rows[number] as Row['name']]: Row['type'] extends SettingType<infer Value> ? Value : never;
};
