// Promises of retries of answers where no policy is given: which statuses go to another pod, and for which requests.
import { askTwice, besideGood } from '../../support/beside-good.ts';
import { get, post } from '../../support/raw-client.ts';
import type { Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

describe('a pod that answers 502, 503 or 504', () => {
  const answers = (status: number): Script => {
    return (_request, connection) => connection.answer(status, 'sick', 'X-Sick: 1\r\n');
  };

  it.each([502, 503, 504])('never shows to a GET request while another pod is there (%s)', async (status) => {
    const { plane, bad } = await besideGood(stage, answers(status));
    for (const answer of await askTwice(plane, get('web')))
      expect([answer.status, answer.get('x-sick')]).toEqual([200, undefined]);
    expect(bad.requests).toHaveLength(1);
  });

  it.each([500, 501, 429])('shows its %s, which says nothing about other pods', async (status) => {
    const { plane } = await besideGood(stage, answers(status));
    expect((await askTwice(plane, get('web'))).map((answer) => answer.status).sort()).toEqual([200, status].sort());
  });

  it('shows to a POST request, which it may have acted on', async () => {
    const { plane } = await besideGood(stage, answers(503));
    expect((await askTwice(plane, post('web', 'x'))).map(({ status }) => status).sort()).toEqual([200, 503]);
  });

  it('shows where it says that a limit was reached (x-envoy-ratelimited), which further attempts would only strain', async () => {
    const { plane, bad } = await besideGood(stage, (_request, connection) =>
      connection.answer(503, '', 'x-envoy-ratelimited: true\r\n'),
    );
    expect((await askTwice(plane, get('web'))).map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(bad.requests).toHaveLength(1);
  });
});
