// Durations of a policy, whose form its schema has checked already.
import { parseDuration } from '../../kube/duration.ts';

/** Milliseconds. */
export function msOf(text: string): number;
export function msOf(text: string | undefined): number | undefined;
export function msOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : (parseDuration(text) ?? 0);
}
