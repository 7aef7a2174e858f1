// Promises of retries where no policy is given: what goes to another pod, what does not, and what a second attempt carries.

import { connect, type LookupFunction, type Socket } from 'node:net';
import { askTwice, besideGood } from '../../support/beside-good.ts';
import { systemDial } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { chunk, get, post, type RawAnswer } from '../../support/raw-client.ts';
import { echo, named, resets, type Script } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

/** Closes without an answer. */
const hangsUp: Script = (_request, connection) => connection.end();

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

describe('a pod that refuses the connection', () => {
  it.each(['GET', 'POST', 'PATCH', 'DELETE'])(
    'never shows to a %s request while another pod is there',
    async (method) => {
      const good = await stage.backend(echo);
      const plane = await stage.plane({ services: { web: [await stage.refusing(), good] } });
      for (const answer of await askTwice(plane, post('web', 'body', '', method))) {
        expect([answer.status, answer.text]).toEqual([200, 'body']);
      }
      expect(Math.max(...plane.log.map(({ attempts }) => attempts))).toBe(2);
      const refused = plane.stat('cluster.web.upstream_cx_connect_fail');
      expect(refused).toBeGreaterThan(0);
      expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(refused);
      expect(plane.stat('cluster.web.upstream_rq_retry_success')).toBe(refused);
    },
  );

  it('is tried three times when there is no other, then the answer is UF', async () => {
    const address = await stage.refusing();
    const plane = await stage.plane({ services: { web: [address] } });
    const answer = await (await plane.client()).ask(post('web', 'body'));
    expect(failure(answer)).toBe('503 UF upstream_connection_failure');
    expect(answer.text).toContain(`${address.host}:${address.port}: ECONNREFUSED`);
    expect((await plane.logged(0)).attempts).toBe(3);
    expect(plane.endpoint('web', address)?.connectFailures).toBe(3);
  });

  it('makes way for the third of three pods though two refuse', async () => {
    const good = await stage.backend(echo);
    const services = { web: [await stage.refusing(), await stage.refusing(), good] };
    const plane = await stage.plane({ services });
    for (let i = 0; i < 3; i += 1) expect((await (await plane.client()).ask(post('web', 'x'))).status).toBe(200);
  });

  it('shows to none of 50 requests of which two of ten pods could take each', async () => {
    const gone = await Promise.all(Array.from({ length: 8 }, () => stage.refusing()));
    const plane = await stage.plane({ services: { web: [...gone, ...(await stage.backends(2))] } });
    const client = await plane.client();
    for (let i = 0; i < 50; i += 1) expect((await client.ask(post('web', 'x'))).status).toBe(200);
    expect(Math.max(...plane.log.map(({ attempts }) => attempts))).toBeGreaterThan(3);
  });

  it('is passed over 16 times at most: 40 such pods are 19 attempts', async () => {
    const gone = await Promise.all(Array.from({ length: 40 }, () => stage.refusing()));
    const plane = await stage.plane({ services: { web: gone } });
    expect(failure(await (await plane.client()).ask(get('web')))).toBe('503 UF upstream_connection_failure');
    expect((await plane.logged(0)).attempts).toBe(19);
  });

  it('does not cost a body, however large, as nothing of it was sent', async () => {
    const good = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [await stage.refusing(), good] } });
    const body = 'x'.repeat(1_000_000);
    for (const answer of await askTwice(plane, post('web', body))) expect(answer.text).toBe(body);
  });

  it('does not cost a body that comes while the connection is being made', async () => {
    const good = await stage.backend(echo);
    const slow = { host: '127.0.0.2', port: 9 };
    let refuse = (): void => {};
    const dial = (host: string, port: number): Socket => {
      if (host !== slow.host) return systemDial(host, port);
      // Connecting until the test says otherwise.
      const lookup: LookupFunction = (_name, _options, done) => {
        refuse = () => done(new Error('refused'), '');
      };
      return connect({ host: 'slow.test', port, lookup, allowHalfOpen: true });
    };
    const plane = await stage.plane({ services: { web: [slow, good] }, dial });
    const body = 'x'.repeat(300_000);
    for (let i = 0; i < 2; i += 1) {
      refuse = () => {};
      const client = await plane.client();
      client.send(post('web', body).slice(0, 1_000));
      await until('the head was read', () => plane.stat('http.outbound.downstream_rq_total') === i + 1);
      client.send(post('web', body).slice(1_000));
      await turns(200);
      refuse();
      expect(await client.answer()).toMatchObject({ status: 200, text: body });
    }
    expect(plane.stat('cluster.web.upstream_cx_connect_fail')).toBeGreaterThan(0);
  });

  it('is not held against the budget', async () => {
    const plane = await stage.plane({ services: { web: [await stage.refusing(), await stage.backend(echo)] } });
    const client = await plane.client();
    for (let i = 0; i < 60; i += 1) expect((await client.ask(get('web'))).status).toBe(200);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBeGreaterThanOrEqual(30);
    expect(plane.stat('cluster.web.upstream_rq_retry_overflow')).toBe(0);
  });
});

describe.each([
  ['resets', resets],
  ['hangs up', hangsUp],
])('a pod that %s before it answers', (_how, bad) => {
  it.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])('never shows to a %s request', async (method) => {
    const { plane, bad: pod } = await besideGood(stage, bad);
    for (const answer of await askTwice(plane, `${method} / HTTP/1.1\r\nHost: web\r\n\r\n`)) {
      expect(answer.status).toBe(200);
    }
    expect(pod.requests.length).toBeGreaterThan(0);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(pod.requests.length);
    expect(plane.stat('cluster.web.upstream_rq_rx_reset')).toBe(pod.requests.length);
  });

  it.each(['POST', 'PATCH'])('shows to a %s request, which it may have acted on', async (method) => {
    const { plane, bad: pod } = await besideGood(stage, bad);
    const answers = await askTwice(plane, post('web', 'x', '', method));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(answers.map(failure)).toContain('503 UC upstream_connection_termination');
    expect(pod.requests).toHaveLength(1);
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(0);
  });

  it('never shows to a POST request with an Idempotency-Key', async () => {
    const { plane, good } = await besideGood(stage, bad);
    for (const answer of await askTwice(plane, post('web', 'pay', 'Idempotency-Key: 7\r\n'))) {
      expect(answer.text).toBe('pay');
    }
    expect(good.requests[0]?.get('idempotency-key')).toBe('7');
  });
});

describe('a second attempt', () => {
  it('carries a body of up to 64 KiB exactly, once', async () => {
    const { plane, good } = await besideGood(stage, async (request, connection) => {
      await request.body;
      connection.reset();
    });
    const body = Array.from({ length: 65_536 }, (_, i) => String.fromCharCode(32 + (i % 90))).join('');
    for (const answer of await askTwice(plane, post('web', body, '', 'PUT'))) expect(answer.text).toBe(body);
    expect(good.requests).toHaveLength(2);
  });

  it('carries chunks and trailers again', async () => {
    const { plane, good } = await besideGood(stage, async (request, connection) => {
      await request.body;
      connection.reset();
    });
    const body = chunk('a').repeat(3_000) + chunk('b'.repeat(20_000));
    const request = `PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${body}0\r\nX-Sum: 7\r\n\r\n`;
    for (const answer of await askTwice(plane, request)) {
      expect(answer.text).toBe('a'.repeat(3_000) + 'b'.repeat(20_000));
    }
    for (const { body: got } of good.requests) expect((await got).trailers).toEqual(['X-Sum: 7']);
  });

  it('is not made for a larger body', async () => {
    const { plane, good } = await besideGood(stage, async (request, connection) => {
      await request.body;
      connection.reset();
    });
    const answers = await askTwice(plane, post('web', 'x'.repeat(65_537), '', 'PUT'));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 503]);
    expect(good.requests).toHaveLength(1);
  });

  it('begins while the body still arrives, and carries all of it', async () => {
    const { plane, good, bad } = await besideGood(stage, resets);
    for (let i = 0; i < 2; i += 1) {
      const client = await plane.client();
      client.send('PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\n01234');
      await good.request(i);
      client.send('56789');
      expect((await client.answer()).text).toBe('0123456789');
    }
    expect(bad.requests.length).toBeGreaterThan(0);
  });

  it('keeps the x-request-id of the first', async () => {
    const { plane, bad, good } = await besideGood(stage, resets);
    await askTwice(plane, get('web'));
    const ids = good.requests.map((request) => request.get('x-request-id'));
    expect(ids).toContain(bad.requests[0]?.get('x-request-id'));
  });

  it('is not made once the answer has begun: the caller sees the connection cut', async () => {
    const begins: Script = (_request, connection) => {
      connection.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', () => connection.reset());
    };
    const backend = await stage.backend(begins);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    client.send(get('web'));
    await expect(client.answer()).rejects.toThrow('the connection ended');
    const record = await plane.logged(0);
    expect([record.status, record.flags, record.attempts, record.bytesSent]).toEqual([200, 'UC', 1, 4]);
  });

  it('goes to the only pod again after a pause of at most 75 ms', async () => {
    const clock = new ManualClock();
    let calls = 0;
    const flaky: Script = (_request, connection) => {
      calls += 1;
      if (calls < 3) connection.reset();
      else connection.answer(200, 'third');
    };
    const plane = await stage.plane({ services: { web: [await stage.backend(flaky)] }, clock });
    const client = await plane.client();
    client.send(get('web'));
    await until('the first attempt has failed', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
    expect(calls).toBe(1);
    clock.advance(25);
    await until('the second attempt has failed', () => plane.stat('cluster.web.upstream_rq_retry') === 2);
    clock.advance(75);
    expect((await client.answer()).text).toBe('third');
  });

  it('is followed by a third, each at another pod, and by no fourth', async () => {
    const pods = await Promise.all(Array.from({ length: 4 }, () => stage.backend(resets)));
    const plane = await stage.plane({ services: { web: pods } });
    expect(failure(await (await plane.client()).ask(get('web')))).toBe('503 UC upstream_connection_termination');
    expect((await plane.logged(0)).attempts).toBe(3);
    expect(pods.map(({ requests }) => requests.length).sort()).toEqual([0, 1, 1, 1]);
  });
});

describe('while a second attempt waits for its pause', () => {
  /** A plane whose only pod resets what comes until `heal` was called. */
  async function waiting(request: string) {
    const clock = new ManualClock();
    const backend = await stage.backend(resets);
    const plane = await stage.plane({ services: { web: [backend] }, clock });
    const client = await plane.client();
    client.send(request);
    await until('the pause has begun', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
    return { clock, backend, plane, client };
  }

  it('the body that comes meanwhile is not lost, also where it is larger than what may be kept', async () => {
    const size = 200_000;
    const { clock, backend, client } = await waiting(`PUT / HTTP/1.1\r\nHost: web\r\nContent-Length: ${size}\r\n\r\n`);
    backend.script = echo;
    client.send('x'.repeat(20_000));
    await turns(50);
    client.send('x'.repeat(size - 20_000));
    await turns(50);
    clock.advance(25);
    expect((await client.answer()).body).toHaveLength(size);
  });

  it('a caller who leaves ends it', async () => {
    const { clock, backend, plane, client } = await waiting(get('web'));
    client.reset();
    expect((await plane.logged(0)).flags).toBe('DC');
    clock.advance(1_000);
    await plane.quiet();
    expect(backend.requests).toHaveLength(1);
  });

  it('the last pod may go: the answer is UH, and a request pipelined behind goes out once', async () => {
    const clock = new ManualClock();
    const [backend, other] = [await stage.backend(resets), await stage.backend(echo)];
    const plane = await stage.plane({ services: { web: [backend], other: [other] }, clock });
    const client = await plane.client();
    client.send(get('web') + post('other', 'once') + get('other', '/last'));
    await until('the pause has begun', () => plane.stat('cluster.web.upstream_rq_retry') === 1);
    plane.setEndpoints('web', []);
    clock.advance(25);
    expect(failure(await client.answer())).toBe('503 UH no_healthy_upstream');
    expect((await client.answer()).text).toBe('once');
    expect((await client.answer()).status).toBe(200);
    expect(other.requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['POST /', 'GET /last']);
  });

  it('another pod may come: it is used', async () => {
    const { clock, plane, client } = await waiting(get('web'));
    const fresh = await stage.backend(named('fresh'));
    plane.setEndpoints('web', [fresh]);
    clock.advance(25);
    expect((await client.answer()).text).toBe('fresh /');
  });
});

describe('the retry budget', () => {
  it('lets through 10 retries, and one more for each 5 requests, within 10 s', async () => {
    const clock = new ManualClock();
    clock.advance(60_000);
    const backends = [await stage.backend(resets), await stage.backend(resets), await stage.backend(resets)];
    const plane = await stage.plane({ services: { web: backends }, clock });
    const client = await plane.client();
    // Two retries each: 5 requests deposit 1 and withdraw 10; 7 more deposit 1.4.
    for (let i = 0; i < 12; i += 1) await client.ask(get('web'));
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(12);
    expect(plane.stat('cluster.web.upstream_rq_retry_overflow')).toBeGreaterThan(0);
    clock.advance(10_000);
    await client.ask(get('web'));
    expect(plane.stat('cluster.web.upstream_rq_retry')).toBe(14);
  });
});

describe('a kept upstream connection', () => {
  it('that the pod closes just when it is used costs a GET request nothing', async () => {
    let calls = 0;
    const backend = await stage.backend((_request, connection) => {
      calls += 1;
      if (calls === 2) connection.reset();
      else connection.answer(200, `${calls}`);
    });
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    expect((await client.ask(get('web'))).text).toBe('1');
    expect((await client.ask(get('web'))).text).toBe('3');
    expect(backend.connections).toHaveLength(2);
  });

  it.each(['fin', 'rst', 'data'])('is dropped when the pod sends %s while it is idle', async (what) => {
    const backend = await stage.backend((_request, connection) => connection.answer(200, 'ok'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    await client.ask(get('web'));
    const [connection] = backend.connections;
    if (what === 'fin') connection?.end();
    else if (what === 'rst') connection?.reset();
    else connection?.send('HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n');
    await until('it is dropped', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    expect((await client.ask(post('web', 'x'))).text).toBe('ok');
    expect(backend.connections).toHaveLength(2);
  });

  it('is closed after 4 s without a request', async () => {
    const clock = new ManualClock();
    const backend = await stage.backend((_request, connection) => connection.answer(200, 'ok'));
    const plane = await stage.plane({ services: { web: [backend] }, clock });
    const client = await plane.client();
    await client.ask(get('web'));
    clock.advance(3_900);
    await client.ask(get('web'));
    expect(backend.connections).toHaveLength(1);
    clock.advance(3_900);
    expect(plane.stat('cluster.web.upstream_cx_active')).toBe(1);
    clock.advance(2_100);
    await until('it is closed', () => plane.stat('cluster.web.upstream_cx_active') === 0);
    await backend.connections[0]?.closed;
  });
});

describe('a caller who waits for its answer', () => {
  it('sees nothing of retries but the time', async () => {
    const { plane } = await besideGood(stage, resets);
    const answers = await askTwice(plane, post('web', 'same', '', 'PUT'));
    expect(answers[0]?.fields).toEqual(answers[1]?.fields);
  });
});
