// Promises about limits for callers of HTTP/2: the same rows hold for each stream, and for the connection.
import { answerOf, Http2Caller } from '../../support/http2-caller.ts';
import type { LivePlaneOptions } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { named, type Script, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const callers: Http2Caller[] = [];
afterEach(async () => {
  for (const caller of callers.splice(0)) caller.close();
  await stage.close();
});

async function setUp(script: Script, options: LivePlaneOptions = {}) {
  const clock = new ManualClock();
  const backend = await stage.backend(script);
  const plane = await stage.plane({ services: { web: [backend] }, clock, ...options });
  const caller = new Http2Caller(plane.port);
  callers.push(caller);
  return { clock, backend, plane, caller };
}

describe('a caller of HTTP/2', () => {
  it('is refused with 503 OM while the sidecar is overloaded, and keeps its streams in work and its connection', async () => {
    const admission = { refusing: false, reason: 'for the test' };
    const { backend, caller } = await setUp(silent, { admission });
    const running = caller.ask('web');
    const request = await backend.request(0);
    admission.refusing = true;
    const refused = await caller.ask('web');
    expect([refused.status, refused.headers['x-switchboard-error']]).toEqual([503, 'OM overloaded']);
    request.connection.answer(200, 'in work');
    expect((await running).body.toString()).toBe('in work');
    admission.refusing = false;
    backend.script = named('a');
    expect((await caller.ask('web')).status).toBe(200);
    expect(caller.goAways).toEqual([]);
  });

  it('gets 408 for a stream whose body stops coming, while another one goes on', async () => {
    const { clock, backend, caller } = await setUp(silent, { streamIdleTimeoutMs: 10_000 });
    const stalled = caller.open('web', { ':method': 'POST' }, false);
    stalled.write('half');
    const answer = answerOf(stalled);
    await backend.request(0);
    clock.advance(9_000);
    backend.script = named('a');
    expect((await caller.ask('web')).status).toBe(200);
    clock.advance(11_100);
    const { status, headers } = await answer;
    expect([status, headers['x-switchboard-error']]).toEqual([408, 'SI request_body_timeout']);
    expect((await caller.ask('web')).status).toBe(200);
  });

  it('gets 504 for a stream whose pod is silent', async () => {
    const { clock, backend, caller } = await setUp(silent, { streamIdleTimeoutMs: 10_000 });
    const answer = caller.ask('web');
    await backend.request(0);
    clock.advance(20_100);
    expect((await answer).headers['x-switchboard-error']).toBe('UT upstream_timeout');
  });

  it('is sent GOAWAY with its third request where three are allowed, and gets all three answers', async () => {
    const { caller } = await setUp(named('a'), { maxRequests: 3 });
    const answers = await Promise.all([caller.ask('web'), caller.ask('web'), caller.ask('web')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await until('it is told', () => caller.goAways.length > 0);
  });

  it('is sent GOAWAY when its connection is old enough', async () => {
    const { clock, caller } = await setUp(named('a'), { maxAgeMs: 60_000 });
    expect((await caller.ask('web')).status).toBe(200);
    clock.advance(50_000);
    await turns(20);
    expect(caller.goAways).toEqual([]);
    clock.advance(10_100);
    await until('it is told', () => caller.goAways.length > 0);
  });
});
