// A pod that fails beside one that does not, for tests of what goes to the other.
import type { LivePlane } from './live-plane.ts';
import type { RawAnswer } from './raw-client.ts';
import { echo, type Script, type ScriptedBackend } from './scripted-backend.ts';
import type { Stage } from './stage.ts';

/** `bad` and a good pod; the bad one gets the first of two requests or the second, as the turn falls. */
export async function besideGood(
  stage: Stage,
  bad: Script,
): Promise<{ bad: ScriptedBackend; good: ScriptedBackend; plane: LivePlane }> {
  const backends = { bad: await stage.backend(bad), good: await stage.backend(echo) };
  return { ...backends, plane: await stage.plane({ services: { web: [backends.bad, backends.good] } }) };
}

/** Once for each of two pods. */
export async function askTwice(plane: LivePlane, request: string): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  for (let i = 0; i < 2; i += 1) answers.push(await (await plane.client()).ask(request));
  return answers;
}
