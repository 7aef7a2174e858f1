// Promises of retries of answers where no policy is given: which statuses go to another pod, and for which requests.
import type { LivePlane } from '../../support/live-plane.ts';
import { get, post, type RawAnswer } from '../../support/raw-client.ts';
import { echo, type Script, type ScriptedBackend } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** `bad` and a good pod; the bad one gets the first of two requests or the second, as the turn falls. */
async function besideGood(bad: Script): Promise<{ bad: ScriptedBackend; good: ScriptedBackend; plane: LivePlane }> {
  const backends = { bad: await stage.backend(bad), good: await stage.backend(echo) };
  return { ...backends, plane: await stage.plane({ services: { web: [backends.bad, backends.good] } }) };
}

async function askTwice(plane: LivePlane, request: string): Promise<RawAnswer[]> {
  const answers: RawAnswer[] = [];
  for (let i = 0; i < 2; i += 1) answers.push(await (await plane.client()).ask(request));
  return answers;
}

describe('a pod that answers 502, 503 or 504', () => {
  const answers = (status: number): Script => {
    return (_request, connection) => connection.answer(status, 'sick', 'X-Sick: 1\r\n');
  };

  it.each([502, 503, 504])('never shows to a GET request while another pod is there (%s)', async (status) => {
    const { plane, bad } = await besideGood(answers(status));
    for (const answer of await askTwice(plane, get('web')))
      expect([answer.status, answer.get('x-sick')]).toEqual([200, undefined]);
    expect(bad.requests).toHaveLength(1);
  });

  it.each([500, 501, 429])('shows its %s, which says nothing about other pods', async (status) => {
    const { plane } = await besideGood(answers(status));
    expect((await askTwice(plane, get('web'))).map((answer) => answer.status).sort()).toEqual([200, status].sort());
  });

  it('shows to a POST request, which it may have acted on', async () => {
    const { plane } = await besideGood(answers(503));
    expect((await askTwice(plane, post('web', 'x'))).map(({ status }) => status).sort()).toEqual([200, 503]);
  });

  it('shows where it says that a limit was reached (x-envoy-ratelimited), which further attempts would only strain', async () => {
    const { plane, bad } = await besideGood((_request, connection) =>
      connection.answer(503, '', 'x-envoy-ratelimited: true\r\n'),
    );
    expect((await askTwice(plane, get('web'))).map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(bad.requests).toHaveLength(1);
  });
});
