// Promises of an overloaded sidecar: new work is refused first, running work is kept.
import { systemClock } from '../../../src/base/clock.ts';
import { silentLog } from '../../../src/base/log.ts';
import { OverloadMonitor } from '../../../src/proxy/overload-monitor.ts';
import { get, post } from '../../support/raw-client.ts';
import { named, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

const REASON = 'its event loop runs 700 ms late, the mark is 500 ms';

describe('an overloaded sidecar', () => {
  it('answers new requests with 503 OM, and takes them again when it is over', async () => {
    const admission = { refusing: false, reason: REASON };
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, admission });
    const client = await plane.client();
    expect((await client.ask(get('web'))).status).toBe(200);
    admission.refusing = true;
    const refused = await client.ask(get('web'));
    expect(refused.status).toBe(503);
    expect(refused.get('x-switchboard-error')).toBe('OM overloaded');
    expect(refused.text).toContain(REASON);
    expect((await plane.logged(1)).flags).toBe('OM');
    expect(plane.stat('http.outbound.downstream_rq_overload_close')).toBe(1);
    admission.refusing = false;
    expect((await client.ask(get('web'))).status).toBe(200);
    expect(backend.requests).toHaveLength(2);
  });

  it('lets the answers in work come to their end', async () => {
    const admission = { refusing: false, reason: REASON };
    const backend = await stage.backend(silent);
    const plane = await stage.plane({ services: { web: [backend] }, admission });
    const client = await plane.client();
    client.send(post('web', 'hello'));
    const { connection, body } = await backend.request(0);
    admission.refusing = true;
    expect((await body).body.toString()).toBe('hello');
    connection.answer(200, 'in work');
    expect((await client.answer()).text).toBe('in work');
  });

  it('closes the connection of a request whose body has not come', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] }, admission: { refusing: true, reason: REASON } });
    const client = await plane.client();
    const refused = await client.ask('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 9\r\n\r\nhalf');
    expect(refused.status).toBe(503);
    expect(refused.get('connection')).toBe('close');
  });
});

// Takes two seconds: lateness of the real event loop cannot be had without it.
describe('an overload monitor on the system clock', () => {
  it('sees within seconds that the event loop is blocked, and that it no longer is', async () => {
    const monitor = new OverloadMonitor({
      ...{ clock: systemClock, log: silentLog, memoryMarkBytes: 0, usedMemoryBytes: () => 0 },
      lagMarkMs: 40,
    });
    monitor.start();
    const blocker = systemClock.every(300, () => {
      const end = performance.now() + 380;
      while (performance.now() < end);
    });
    await until('it refuses', () => monitor.refusing);
    blocker();
    expect(monitor.reason).toMatch(/^its event loop runs \d+ ms late, the mark is 40 ms$/);
    await until('it takes requests again', () => !monitor.refusing);
    monitor.close();
  });
});
