// Promises of forwarding: each request goes to a pod and its answer comes back, message for message.
import { chunk, get, post } from '../../support/raw-client.ts';
import { echo, named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';

const stage = new Stage();
afterEach(() => stage.close());

describe('balancing', () => {
  it('takes each of three pods in turn for the requests of one kept-alive connection', async () => {
    const backends = await stage.backends(3);
    const plane = await stage.plane({ services: { web: backends } });
    const client = await plane.client();
    const answers: string[] = [];
    for (let i = 0; i < 9; i += 1) answers.push((await client.ask(get('web', `/${i}`))).text);
    expect(answers.map((text) => text.split(' ')[1])).toEqual(Array.from({ length: 9 }, (_, i) => `/${i}`));
    expect(backends.map(({ requests }) => requests.length)).toEqual([3, 3, 3]);
    for (let i = 0; i + 3 < 9; i += 1) expect(answers[i]?.[0]).toBe(answers[i + 3]?.[0]);
  });

  it('uses one upstream connection for requests that follow each other, whoever sends them', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    for (let i = 0; i < 20; i += 1) await client.ask(get('web'));
    await (await plane.client()).ask(post('web', 'hello'));
    expect(backend.connections).toHaveLength(1);
    expect(plane.stat('cluster.web.upstream_cx_total')).toBe(1);
    expect(plane.stat('cluster.web.upstream_rq_total')).toBe(21);
  });

  it('opens a second upstream connection only while the first is taken', async () => {
    const backend = await stage.backend(() => {});
    const plane = await stage.plane({ services: { web: [backend] } });
    const first = await plane.client();
    const second = await plane.client();
    first.send(get('web', '/1'));
    const held = await backend.request(0);
    second.send(get('web', '/2'));
    (await backend.request(1)).connection.answer(200, 'two');
    expect((await second.answer()).text).toBe('two');
    held.connection.answer(200, 'one');
    expect((await first.answer()).text).toBe('one');
    second.send(get('web', '/3'));
    (await backend.request(2)).connection.answer(200, 'three');
    expect((await second.answer()).text).toBe('three');
    expect(backend.connections).toHaveLength(2);
  });
});

describe('request bodies', () => {
  it('arrive with their Content-Length as they were sent', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    const body = 'x'.repeat(100_000);
    expect((await client.ask(post('web', body))).text).toBe(body);
    expect(backend.requests[0]?.get('content-length')).toBe('100000');
    expect((await plane.logged(0)).bytesReceived).toBe(100_000);
    expect((await plane.logged(0)).bytesSent).toBe(100_000);
  });

  it('arrive chunked with their trailers when they were sent so', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    client.send('PUT / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n');
    client.send(`${chunk('one ')}${chunk('two ')}`);
    client.send(`${chunk('three')}0\r\nX-Sum: 3\r\n\r\n`);
    expect((await client.answer()).text).toBe('one two three');
    const request = await backend.request(0);
    expect(request.get('transfer-encoding')).toBe('chunked');
    expect(request.get('content-length')).toBeUndefined();
    expect((await request.body).trailers).toEqual(['X-Sum: 3']);
  });

  it('of length 0 and empty chunked ones arrive as such', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    expect((await client.ask(post('web', ''))).status).toBe(200);
    const empty = 'POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
    expect((await client.ask(empty)).text).toBe('');
    expect(backend.requests.map((request) => request.get('content-length'))).toEqual(['0', undefined]);
    expect(backend.connections).toHaveLength(1);
  });
});

describe('pipelined requests', () => {
  it('are answered in order though the first takes longest', async () => {
    const slow = await stage.backend(() => {});
    const fast = await stage.backend(named('fast'));
    const plane = await stage.plane({ services: { slow: [slow], fast: [fast] } });
    const client = await plane.client();
    client.send(get('slow') + get('fast', '/2') + get('nowhere') + get('fast', '/4'));
    (await slow.request(0)).connection.answer(200, 'slow');
    const answers = [await client.answer(), await client.answer(), await client.answer(), await client.answer()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 200]);
    expect([answers[0]?.text, answers[1]?.text, answers[3]?.text]).toEqual(['slow', 'fast /2', 'fast /4']);
  });

  it('with bodies in one packet each keep their own', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    const chunked = `POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('se')}${chunk('cond')}0\r\n\r\n`;
    client.send(post('web', 'first') + chunked + get('web') + post('web', 'fourth'));
    const answers = [await client.answer(), await client.answer(), await client.answer(), await client.answer()];
    expect(answers.map(({ text }) => text)).toEqual(['first', 'second', '', 'fourth']);
  });

  it('to nowhere, 500 in one packet, are all answered', async () => {
    const plane = await stage.plane({ services: { web: [] } });
    const client = await plane.client();
    client.send(get('nowhere').repeat(500));
    for (let i = 0; i < 500; i += 1) expect((await client.answer()).status).toBe(404);
    expect(plane.stat('http.outbound.no_route')).toBe(500);
  });

  it('behind a request that asks to close are not served', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    client.send(get('web', '/1', 'Connection: close\r\n') + get('web', '/2'));
    const answer = await client.answer();
    expect([answer.text, answer.get('connection')]).toEqual(['a /1', 'close']);
    expect(await client.rest()).toBe('');
    expect(backend.requests).toHaveLength(1);
  });
});

describe('fragmentation', () => {
  it('of requests, byte by byte, changes nothing', async () => {
    const backend = await stage.backend(echo);
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    const requests = `${post('web', 'one')}POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\ntwo\r\n0\r\nA: b\r\n\r\n`;
    for (const byte of requests) {
      client.send(byte);
      await new Promise<void>((resolve) => {
        client.socket.write('', () => setImmediate(resolve));
      });
    }
    expect([(await client.answer()).text, (await client.answer()).text]).toEqual(['one', 'two']);
    expect((await backend.requests[1]?.body)?.trailers).toEqual(['A: b']);
  });

  it('of answers, byte by byte, changes nothing', async () => {
    const answer =
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbyte\r\n2\r\n s\r\n0\r\nX-End: yes\r\n\r\n';
    const backend = await stage.backend(async (_request, connection) => {
      for (const byte of `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${answer}`) {
        connection.send(byte);
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    const plane = await stage.plane({ services: { web: [backend] } });
    const client = await plane.client();
    for (let i = 0; i < 2; i += 1) {
      expect((await client.ask(get('web'))).status).toBe(103);
      const final = await client.answer();
      expect([final.text, final.trailers]).toEqual(['byte s', ['X-End: yes']]);
    }
    expect(backend.connections).toHaveLength(1);
  });
});

describe('the trace of a request', () => {
  const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
  const PARENT = `traceparent: 00-${TRACE}-00f067aa0ba902b7-01\r\n`;

  it('goes on as it came, with what belongs to it, and stands in the log', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    await (await plane.client()).ask(get('web', '/', `${PARENT}tracestate: a=b\r\nbaggage: user=1\r\n`));
    const seen = await backend.request(0);
    expect(['traceparent', 'tracestate', 'baggage'].map((name) => seen.get(name))).toEqual([
      PARENT.slice('traceparent: '.length, -2),
      'a=b',
      'user=1',
    ]);
    expect(await plane.logged(0)).toMatchObject({ traceId: TRACE });
  });

  it('is none where the caller says none, and none is made up', async () => {
    const backend = await stage.backend(named('a'));
    const plane = await stage.plane({ services: { web: [backend] } });
    await (await plane.client()).ask(get('web'));
    expect((await backend.request(0)).get('traceparent')).toBeUndefined();
    expect(await plane.logged(0)).toMatchObject({ traceId: '' });
  });
});
