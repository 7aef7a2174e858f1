// Promises about pods that answer wrongly, half or not at all: the caller hears which, and never takes a broken answer for a whole one.
import type { LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get, post, type RawAnswer } from '../../support/raw-client.ts';
import { type Script, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
afterEach(() => stage.close());

async function behind(script: Script): Promise<{ backend: ScriptedBackend; plane: LivePlane }> {
  const backend = await stage.backend(script);
  return { backend, plane: await stage.plane({ services: { web: [backend] } }) };
}

/** Sends these bytes to each request. */
function sends(bytes: string): Script {
  return (_request, connection) => connection.send(bytes);
}

function failure(answer: RawAnswer): string {
  return `${answer.status} ${answer.get('x-switchboard-error')}`;
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

const GARBAGE: readonly (readonly [what: string, bytes: string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
  ['a greeting', '220 mail.test ESMTP\r\n\r\n'],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a status of 600', 'HTTP/1.1 600 Hm\r\n\r\n'],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
  ['bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nX: 1\r\n 2\r\n\r\n'],
  ['both lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nhi'],
  ['two Content-Lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi'],
  ['another transfer coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhi'],
  ['101 though nobody asked', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ['a head larger than 60 KiB', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}\r\n\r\n`],
  ['more than 100 fields', `HTTP/1.1 200 OK\r\n${'x: y\r\n'.repeat(101)}\r\n`],
];

describe('a pod that does not speak HTTP/1.1', () => {
  it.each(GARBAGE)('(%s) is told as 502 UPE, and its connection is closed', async (_what, bytes) => {
    const { backend, plane } = await behind(sends(bytes));
    const client = await plane.client();
    expect(failure(await client.ask(get('web')))).toBe('502 UPE upstream_protocol_error');
    expect((await plane.logged(0)).flags).toBe('UPE');
    await backend.connections[0]?.closed;
    backend.script = sends(OK);
    expect((await client.ask(get('web'))).text).toBe('hi');
    expect(backend.requests).toHaveLength(2);
  });

  it('is told when it sends more than 16 interim answers, the first of which have gone out', async () => {
    const { plane } = await behind(sends('HTTP/1.1 102 Processing\r\n\r\n'.repeat(17)));
    const client = await plane.client();
    client.send(get('web'));
    for (let i = 0; i < 16; i += 1) expect((await client.answer()).status).toBe(102);
    expect(failure(await client.answer())).toBe('502 UPE upstream_protocol_error');
  });

  it('is not tried again: it has seen the request', async () => {
    const { backend, plane } = await behind(sends('garbage\r\n\r\n'));
    await (await plane.client()).ask(get('web'));
    expect(backend.requests).toHaveLength(1);
  });
});

describe('bytes behind an answer', () => {
  it.each(['hi', 'x: y\r\n\r\n', OK])(
    '(%j) belong to nobody: the answer is good, the connection goes',
    async (extra) => {
      const { backend, plane } = await behind(sends(OK + extra));
      const client = await plane.client();
      for (let i = 0; i < 3; i += 1) expect((await client.ask(get('web', `/${i}`))).text).toBe('hi');
      expect(backend.connections).toHaveLength(3);
    },
  );

  it('that has no body are dropped too', async () => {
    const { plane } = await behind(sends(`HTTP/1.1 204 No Content\r\n\r\n${OK}`));
    const client = await plane.client();
    expect((await client.ask(get('web'))).status).toBe(204);
    expect((await client.ask('HEAD / HTTP/1.1\r\nHost: web\r\n\r\n')).status).toBe(204);
  });
});

describe('an answer that breaks off', () => {
  const HALVES: readonly (readonly [what: string, bytes: string])[] = [
    ['in a body with length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['in a chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\na\r\nhalf'],
    ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'],
    ['in the last chunk', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n'],
    ['in a trailer', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\nX: y\r\n'],
  ];

  it.each(HALVES)('%s cuts an HTTP/1.1 caller off', async (_what, bytes) => {
    const { plane } = await behind((_request, connection) => {
      connection.send(bytes);
      connection.end();
    });
    const client = await plane.client();
    client.send(get('web'));
    await expect(client.answer()).rejects.toThrow('the connection ended');
    const record = await plane.logged(0);
    expect([record.status, record.flags]).toEqual([200, 'UC']);
  });

  it.each(HALVES)(
    '%s resets an HTTP/1.0 caller, to whom an end in order would mean that it is whole',
    async (what, bytes) => {
      const { plane } = await behind((_request, connection) => {
        connection.send(bytes);
        connection.end();
      });
      const client = await plane.client();
      client.send('GET / HTTP/1.0\r\nHost: web\r\n\r\n');
      if (what === 'in a body with length') await expect(client.answer()).rejects.toThrow('the connection ended');
      else expect(await client.closed).toBe('ECONNRESET');
      expect((await plane.logged(0)).flags).toBe('UC');
    },
  );

  it('without a length, by a reset, cuts the caller off', async () => {
    const { plane } = await behind((_request, connection) => {
      connection.socket.write('HTTP/1.1 200 OK\r\n\r\nhalf', () => connection.reset());
    });
    const client = await plane.client();
    client.send(get('web'));
    await expect(client.answer()).rejects.toThrow('the connection ended');
    const old = await plane.client();
    old.send('GET / HTTP/1.0\r\nHost: web\r\n\r\n');
    expect(await old.closed).toBe('ECONNRESET');
  });

  it('by a bad chunk is an error of the pod', async () => {
    const { plane } = await behind(async (_request, connection) => {
      connection.send('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n');
      await until('it has begun', () => client.socket.bytesRead > 0);
      connection.send('4\r\nhalf!!');
    });
    const client = await plane.client();
    client.send(get('web'));
    await expect(client.answer()).rejects.toThrow('the connection ended');
    expect((await plane.logged(0)).flags).toBe('UPE');
  });

  it.each(['1.0', '1.1'])('before any of it has left is told as 502 UPE to an HTTP/%s caller', async (version) => {
    const { plane } = await behind(sends('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf!!'));
    const answer = await (await plane.client()).ask(`GET / HTTP/${version}\r\nHost: web\r\n\r\n`);
    expect([answer.status, answer.get('x-switchboard-error')]).toEqual([502, 'UPE upstream_protocol_error']);
    expect(await plane.logged(0)).toMatchObject({ status: 502, flags: 'UPE', bytesSent: answer.text.length });
  });

  it('in its head is retried like any other missing answer', async () => {
    let calls = 0;
    const { plane } = await behind((_request, connection) => {
      calls += 1;
      if (calls > 1) return connection.answer(200, 'whole');
      connection.send('HTTP/1.1 200 OK\r\nContent-');
      return connection.end();
    });
    expect((await (await plane.client()).ask(get('web'))).text).toBe('whole');
  });
});

describe('a pod that answers and closes before it has read the request', () => {
  it('is heard, when it closes in order', async () => {
    const { plane } = await behind((_request, connection) => {
      connection.answer(413, 'no!', 'Connection: close\r\n');
      connection.end();
    });
    const client = await plane.client();
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10000000\r\n\r\nbegin');
    const answer = await client.answer();
    expect([answer.status, answer.text, answer.get('connection')]).toEqual([413, 'no!', 'close']);
    expect(await client.rest()).toBe('');
  });

  it('with a reset behind its answer is heard or told as UC, never in halves', async () => {
    const { plane } = await behind((_request, connection) => {
      connection.answer(413, 'no!', 'Connection: close\r\n');
      // What it has not read makes the system send RST.
      connection.socket.destroySoon();
    });
    const client = await plane.client();
    client.send(`POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10000000\r\n\r\n${'x'.repeat(200_000)}`);
    const answer = await client.answer();
    expect(['413 undefined', '503 UC upstream_connection_termination']).toContain(failure(answer));
    expect(answer.get('connection')).toBe('close');
  });
});

describe('names and pods that are not there', () => {
  it('no pod at all is UH, told with the cluster', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const client = await plane.client();
    const answer = await client.ask(get('web'));
    expect(failure(answer)).toBe('503 UH no_healthy_upstream');
    expect(answer.text).toContain('web');
    expect((await client.ask(post('web', 'x'))).status).toBe(503);
    expect(plane.stat('cluster.web.upstream_cx_none_healthy')).toBe(2);
  });

  it('only unhealthy pods are UH too, without panic; draining ones serve while nothing else is there', async () => {
    const backend = await stage.backend(sends(OK));
    const address = { host: backend.host, port: backend.port };
    const cluster = { balancing: { panicThreshold: 0 } };
    const plane = await stage.plane({ services: { web: [{ ...address, health: 'unhealthy' }] }, cluster });
    const client = await plane.client();
    expect(failure(await client.ask(get('web')))).toBe('503 UH no_healthy_upstream');
    plane.setEndpoints('web', [{ ...address, health: 'draining' }]);
    expect((await client.ask(get('web'))).text).toBe('hi');
  });

  it('only unhealthy pods are tried all the same in panic, which is the default: whoever said so may be wrong', async () => {
    const backend = await stage.backend(sends(OK));
    const address = { host: backend.host, port: backend.port };
    const plane = await stage.plane({ services: { web: [{ ...address, health: 'unhealthy' }] } });
    expect((await (await plane.client()).ask(get('web'))).status).toBe(200);
  });

  it('an unknown name is NR, with the nearest one', async () => {
    const plane = await stage.plane({ services: { 'my-api-service': [] } });
    const answer = await (await plane.client()).ask(get('my-api-servce', '/x'));
    expect(failure(answer)).toBe('404 NR no_route');
    expect(answer.text).toContain('Did you mean "my-api-service"?');
    expect((await plane.logged(0)).flags).toBe('NR');
  });

  it('a port that the Service has not is NR, with those that it has', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const answer = await (await plane.client()).ask(get('web:8080'));
    expect([failure(answer), answer.text]).toEqual([
      '404 NR no_route',
      expect.stringContaining('"web" has no port 8080; it has 80'),
    ]);
  });

  it('a route to a cluster that has not come after 15 s is NC', async () => {
    const clock = new ManualClock();
    const plane = await stage.plane({ services: { web: [] }, clock });
    plane.apply({ routes: { upserted: [plane.routes(['web', 'gone'])], removed: [] } });
    const client = await plane.client();
    expect(failure(await client.ask(get('gone')))).toBe('404 NR no_route');
    clock.advance(15_100);
    expect(failure(await client.ask(get('gone')))).toBe('503 NC cluster_not_found');
  });

  it('an HTTP/1.0 request without Host is NR', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const client = await plane.client();
    client.send('GET / HTTP/1.0\r\n\r\n');
    expect(failure(await client.answer())).toBe('404 NR no_route');
  });
});

describe('an answer of the sidecar itself', () => {
  it('is JSON for who asks for it, and has no body for HEAD; the connection goes on', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const client = await plane.client();
    const json = await client.ask(get('web', '/', 'Accept: application/json\r\nX-Request-Id: mine\r\n'));
    expect([json.get('content-type'), json.get('x-request-id')]).toEqual(['application/json', 'mine']);
    expect(JSON.parse(json.text)).toMatchObject({ error: 'no_healthy_upstream', flag: 'UH', status: 503 });
    const head = await client.ask('HEAD / HTTP/1.1\r\nHost: web\r\n\r\n');
    expect(Number(head.get('content-length'))).toBeGreaterThan(0);
    expect((await client.ask(get('web'))).status).toBe(503);
  });

  it('closes the connection when the body of the request has not come', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const client = await plane.client();
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000\r\n\r\nbegin');
    const answer = await client.answer();
    expect([answer.status, answer.get('connection')]).toEqual([503, 'close']);
    client.send(get('web'));
    expect(await client.rest()).toBe('');
  });
});

describe('counters', () => {
  it('of a pod tell answers, errors and what runs', async () => {
    const { backend, plane } = await behind(sends('HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n'));
    const client = await plane.client();
    await client.ask(get('web'));
    backend.script = sends(OK);
    await client.ask(get('web'));
    backend.script = silent;
    client.send(get('web'));
    await backend.request(2);
    const endpoint = plane.endpoint('web', backend);
    expect(endpoint).toMatchObject({ requestsTotal: 3, requestsSuccess: 1, requestsError: 1, activeRequests: 1 });
    expect(endpoint).toMatchObject({ lastErrorStatus: 500, lastError: '' });
    client.reset();
    await until('nothing runs', () => endpoint?.activeRequests === 0);
    expect(plane.stat('cluster.web.upstream_rq_2xx')).toBe(1);
    expect(plane.stat('cluster.web.upstream_rq_5xx')).toBe(1);
    expect(plane.stat('http.outbound.downstream_rq_5xx')).toBe(1);
  });
});
