// Promises of framing: how the end of an answer is told to callers of HTTP/1.1 and HTTP/1.0, and which fields end at the sidecar.
import { get, post } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

const OLD = 'GET / HTTP/1.0\r\nHost: web\r\n';

/** A plane in front of one backend that gives these bytes as each answer; `end`: and closes its side. */
async function answering(bytes: string, end = false) {
  const backend = await stage.backend((_request, connection) => {
    connection.send(bytes);
    if (end) connection.end();
  });
  const plane = await stage.plane({ services: { web: [backend] } });
  return { backend, plane, client: await plane.client() };
}

describe('answers to HTTP/1.1 callers', () => {
  it('keep chunks and trailers', async () => {
    const { client } = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n',
    );
    const answer = await client.ask(get('web'));
    expect([answer.text, answer.trailers]).toEqual(['hello', ['X-Sum: 5']]);
  });

  it('without a length become chunked and keep the connection', async () => {
    const { client, backend } = await answering('HTTP/1.1 200 OK\r\n\r\nuntil the end', true);
    for (let i = 0; i < 2; i += 1) {
      const answer = await client.ask(get('web'));
      expect([answer.text, answer.get('transfer-encoding')]).toEqual(['until the end', 'chunked']);
      expect(answer.get('connection')).toBeUndefined();
    }
    expect(backend.connections).toHaveLength(2);
  });

  it('to HEAD have the length and no body', async () => {
    const { client, backend } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n');
    for (let i = 0; i < 2; i += 1) {
      const answer = await client.ask('HEAD / HTTP/1.1\r\nHost: web\r\n\r\n');
      expect([answer.status, answer.get('content-length')]).toEqual([200, '1000']);
    }
    expect(backend.connections).toHaveLength(1);
  });

  it.each(['204 No Content', '304 Not Modified'])('of status %s end with their head', async (status) => {
    const { client, backend } = await answering(`HTTP/1.1 ${status}\r\nETag: "x"\r\n\r\n`);
    for (let i = 0; i < 2; i += 1) {
      const answer = await client.ask(get('web'));
      expect([answer.start, answer.get('etag')]).toEqual([`HTTP/1.1 ${status}`, '"x"']);
      expect(answer.get('transfer-encoding')).toBeUndefined();
    }
    expect(backend.connections).toHaveLength(1);
  });

  it('come on an upstream connection of their own when the pod closes it', async () => {
    const { client, backend } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi');
    for (let i = 0; i < 2; i += 1) {
      const answer = await client.ask(get('web'));
      expect([answer.text, answer.get('connection')]).toEqual(['hi', undefined]);
    }
    expect(backend.connections).toHaveLength(2);
  });

  it('are understood when the pod speaks HTTP/1.0', async () => {
    const { client } = await answering('HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    const answer = await client.ask(get('web'));
    expect([answer.start, answer.text]).toEqual(['HTTP/1.1 200 OK', 'hi']);
  });
});

describe('answers to HTTP/1.0 callers', () => {
  it('close the connection, and no chunk reaches them', async () => {
    const { client } = await answering(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n',
    );
    client.send(`${OLD}Connection: keep-alive\r\n\r\n`);
    const answer = await client.answer();
    expect([answer.text, answer.get('transfer-encoding'), answer.get('connection')]).toEqual([
      'hello',
      undefined,
      'close',
    ]);
    expect(await client.rest()).toBe('');
  });

  it('without a length end with the connection', async () => {
    const { client } = await answering('HTTP/1.1 200 OK\r\n\r\nuntil the end', true);
    client.send(`${OLD}Connection: keep-alive\r\n\r\n`);
    expect((await client.answer()).text).toBe('until the end');
    expect(await client.finish()).toBe('fin');
  });

  it('with a length keep the connection of those who ask for it', async () => {
    const { client } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    for (let i = 0; i < 2; i += 1) {
      client.send(`${OLD}Connection: keep-alive\r\n\r\n`);
      const answer = await client.answer();
      expect([answer.text, answer.get('connection')]).toEqual(['hi', 'keep-alive']);
    }
    client.send(`${OLD}\r\n`);
    const last = await client.answer();
    expect([last.text, last.get('connection')]).toEqual(['hi', 'close']);
    expect(await client.rest()).toBe('');
    expect(await client.finish()).toBe('fin');
  });

  it('never name Transfer-Encoding, to HEAD neither', async () => {
    const { client } = await answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
    client.send('HEAD / HTTP/1.0\r\nHost: web\r\n\r\n');
    expect((await client.answer('HEAD')).get('transfer-encoding')).toBeUndefined();
  });

  it('leave interim answers out', async () => {
    const { client } = await answering(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    );
    client.send(`${OLD}\r\n`);
    expect((await client.answer()).status).toBe(200);
  });

  it('come to requests that went on as HTTP/1.1 on a kept connection', async () => {
    const { client, backend, plane } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    client.send(`${OLD}\r\n`);
    await client.answer();
    await (await plane.client()).ask(get('web'));
    expect(backend.requests.map(({ head }) => head.start)).toEqual(['GET / HTTP/1.1', 'GET / HTTP/1.1']);
    expect(backend.connections).toHaveLength(1);
  });
});

describe('Expect: 100-continue', () => {
  const EXPECT = 'POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n';

  it('waits for the 100 of the pod', async () => {
    const backend = await stage.backend(async (request, connection) => {
      expect(request.get('expect')).toBe('100-continue');
      connection.send('HTTP/1.1 100 Continue\r\n\r\n');
      connection.answer(200, (await request.body).body.toString());
    });
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    for (let i = 0; i < 2; i += 1) {
      expect((await client.ask(EXPECT)).status).toBe(100);
      client.send('hello');
      expect((await client.answer()).text).toBe('hello');
    }
  });

  it('passes a final answer on instead, says that it closes, and closes', async () => {
    const { client, backend } = await answering('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    const answer = await client.ask(EXPECT);
    expect([answer.status, answer.get('connection')]).toEqual([417, 'close']);
    expect(await client.rest()).toBe('');
    await backend.connections[0]?.closed;
  });

  it('of a caller who sends the body at once works too', async () => {
    const backend = await stage.backend(async (request, connection) => {
      connection.answer(200, (await request.body).body.toString());
    });
    const plane = await stage.plane({ services: { web: [backend] } });
    expect((await (await plane.client()).ask(`${EXPECT}hello`)).text).toBe('hello');
  });
});

describe('interim answers', () => {
  it('are passed on, each with its fields', async () => {
    const { client } = await answering(
      'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
    );
    const first = await client.ask(get('web'));
    expect([first.status, first.get('link')]).toEqual([103, '</a>']);
    expect((await client.answer()).status).toBe(102);
    expect((await client.answer()).text).toBe('hi');
  });
});

describe('fields', () => {
  it('of one hop are taken out of requests, also those that Connection names', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const fields =
      'Connection: keep-alive, X-Secret\r\nKeep-Alive: timeout=5\r\nX-Secret: 1\r\nProxy-Connection: keep-alive\r\n' +
      'Upgrade: websocket\r\nTE: gzip\r\nX-Kept: 2\r\n';
    await (await plane.client()).ask(get('web', '/', fields));
    const names = backend.requests[0]?.head.fields.map(([name]) => name.toLowerCase());
    expect(names).toEqual(['host', 'x-kept', 'x-request-id']);
  });

  it('of one hop are taken out of answers, also those that Connection names', async () => {
    const { client } = await answering(
      'HTTP/1.1 200 OK\r\nConnection: X-Secret\r\nX-Secret: 1\r\nKeep-Alive: timeout=5\r\nX-Kept: 2\r\nContent-Length: 0\r\n\r\n',
    );
    const answer = await client.ask(get('web'));
    expect(answer.fields.map(([name]) => name)).toEqual(['X-Kept', 'Content-Length']);
  });

  it('keep order, spelling, repetition and bytes above ASCII', async () => {
    const { client, backend } = await answering(
      'HTTP/1.1 200 Sch\xf6n\r\nSet-Cookie: a\r\nset-cookie: b\r\nX-Latin: \xe9\xff\r\nContent-Length: 0\r\n\r\n',
    );
    const answer = await client.ask(get('web', '/', 'b: 2\r\nA: 1\r\nB: \xfc\r\n'));
    expect(answer.start).toBe('HTTP/1.1 200 Sch\xf6n');
    expect(answer.fields.slice(0, 3)).toEqual([
      ['Set-Cookie', 'a'],
      ['set-cookie', 'b'],
      ['X-Latin', '\xe9\xff'],
    ]);
    expect(backend.requests[0]?.head.fields.slice(1, 4)).toEqual([
      ['b', '2'],
      ['A', '1'],
      ['B', '\xfc'],
    ]);
  });

  it('get an x-request-id where there is none; one that is there is kept', async () => {
    const { client, backend, plane } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await client.ask(get('web'));
    await client.ask(get('web', '/', 'X-Request-ID: mine\r\n'));
    expect(backend.requests.map((request) => request.get('x-request-id'))).toEqual(['made-1', 'mine']);
    expect([(await plane.logged(0)).requestId, (await plane.logged(1)).requestId]).toEqual(['made-1', 'mine']);
  });

  it('Host gets the authority of an absolute target', async () => {
    const { client, backend } = await answering('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    await client.ask('GET http://web:80/path?q=1 HTTP/1.1\r\nX-First: 1\r\nHost: other\r\n\r\n');
    await client.ask('GET http://WEB HTTP/1.1\r\nHost: other\r\n\r\n');
    expect(backend.requests.map(({ head }) => head.start)).toEqual(['GET /path?q=1 HTTP/1.1', 'GET / HTTP/1.1']);
    expect(backend.requests.map((request) => request.get('host'))).toEqual(['web:80', 'WEB']);
    expect(backend.requests[0]?.head.fields.filter(([name]) => name.toLowerCase() === 'host')).toHaveLength(1);
  });
});

describe('an answer that comes before the request is complete', () => {
  it('reaches the caller whole, says close, and ends both connections', async () => {
    const { client, backend, plane } = await answering('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno!');
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 1000000\r\n\r\nbegin');
    const answer = await client.answer();
    expect([answer.status, answer.text, answer.get('connection')]).toEqual([413, 'no!', 'close']);
    client.send('more that nobody reads');
    expect(await client.rest()).toBe('');
    expect(await client.finish()).toBe('fin');
    await backend.connections[0]?.closed;
    expect((await plane.logged(0)).flags).toBe('');
  });

  it('keeps the connection when the request ended before the answer did', async () => {
    const backend = await stage.backend(async (request, connection) => {
      await request.body;
      connection.answer(200, 'done');
    });
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    const answer = await client.ask(post('web', 'hello'));
    expect([answer.text, answer.get('connection')]).toEqual(['done', undefined]);
    expect((await client.ask(post('web', 'hello'))).text).toBe('done');
  });
});
