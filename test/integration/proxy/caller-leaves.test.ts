// Promises about callers who go away: the attempt upstream ends with them in whatever state they leave, and nothing stays behind.
import { connect, type LookupFunction, type Socket } from 'node:net';
import type { LivePlane } from '../../support/live-plane.ts';
import { chunk, get, post, type RawClient } from '../../support/raw-client.ts';
import { named, type Script, type ScriptedBackend, silent } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { until } from '../../support/until.ts';

const stage = new Stage();
// Also expects every counter of activity at 0 and no timer left.
afterEach(() => stage.close());

async function setUp(script: Script): Promise<{ backend: ScriptedBackend; plane: LivePlane; client: RawClient }> {
  const backend = await stage.backend(script);
  const plane = await stage.plane({ services: { web: [backend] } });
  return { backend, plane, client: await plane.client() };
}

const LEAVES: readonly (readonly [how: string, leave: (client: RawClient) => void])[] = [
  ['by FIN', (client) => client.end()],
  ['by RST', (client) => client.reset()],
];

describe.each(LEAVES)('a caller who leaves %s', (_how, leave) => {
  async function expectGone(plane: LivePlane, backend: ScriptedBackend, status: number): Promise<void> {
    const record = await plane.logged(0);
    expect([record.status, record.flags]).toEqual([status, 'DC']);
    await plane.quiet();
    await Promise.all(backend.connections.map(({ closed }) => closed));
    expect(plane.stat('http.outbound.downstream_rq_rx_reset')).toBe(1);
    expect(plane.endpoint('web', backend)?.activeRequests).toBe(0);
  }

  it('before any byte leaves nothing', async () => {
    const { plane, client } = await setUp(silent);
    await until('it is accepted', () => plane.stat('http.outbound.downstream_cx_active') === 1);
    leave(client);
    await plane.quiet();
    expect(plane.log).toHaveLength(0);
  });

  it('in the head leaves nothing', async () => {
    const { plane, client } = await setUp(silent);
    client.send('GET / HTTP/1.1\r\nHos');
    await until('it is read', () => plane.wheel.size === 1);
    leave(client);
    await plane.quiet();
    expect(plane.log).toHaveLength(0);
  });

  it('while the pod is being dialled ends the dialling', async () => {
    let dialled: Socket | null = null;
    const lookup: LookupFunction = () => {};
    const dial = (_host: string, port: number): Socket => {
      dialled = connect({ host: 'never.test', port, lookup, allowHalfOpen: true });
      return dialled;
    };
    const plane = await stage.plane({ services: { web: [{ host: '127.0.0.1', port: 9 }] }, dial });
    const client = await plane.client();
    client.send(get('web'));
    await until('it is dialled', () => dialled !== null);
    leave(client);
    expect((await plane.logged(0)).flags).toBe('DC');
    await until('the dialling has ended', () => dialled?.destroyed === true);
  });

  it('in the body ends the request at the pod, which never takes it for whole', async () => {
    const { backend, plane, client } = await setUp(silent);
    client.send('POST / HTTP/1.1\r\nHost: web\r\nContent-Length: 10\r\n\r\nhalf');
    const request = await backend.request(0);
    leave(client);
    await expect(request.body).rejects.toThrow('the connection ended');
    await expectGone(plane, backend, 0);
  });

  it('in a chunked body ends the request at the pod, which never takes it for whole', async () => {
    const { backend, plane, client } = await setUp(silent);
    client.send(`POST / HTTP/1.1\r\nHost: web\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('half')}`);
    const request = await backend.request(0);
    leave(client);
    await expect(request.body).rejects.toThrow('the connection ended');
    await expectGone(plane, backend, 0);
  });

  it('before the answer ends the wait for it', async () => {
    const { backend, plane, client } = await setUp(silent);
    client.send(get('web'));
    await backend.request(0);
    leave(client);
    await expectGone(plane, backend, 0);
  });

  it('between an interim answer and the answer ends the wait for it', async () => {
    const { backend, plane, client } = await setUp((_request, connection) =>
      connection.send('HTTP/1.1 102 Processing\r\n\r\n'),
    );
    expect((await client.ask(get('web'))).status).toBe(102);
    leave(client);
    await expectGone(plane, backend, 0);
  });

  it('in the answer ends it', async () => {
    const { backend, plane, client } = await setUp((_request, connection) =>
      connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'),
    );
    client.send(get('web'));
    await until('the answer has begun', () => client.socket.bytesRead > 0);
    leave(client);
    await expectGone(plane, backend, 200);
  });

  it('in an answer without end ends it', async () => {
    const { backend, plane, client } = await setUp((_request, connection) =>
      connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('tick')}`),
    );
    client.send(get('web'));
    await until('the answer has begun', () => client.socket.bytesRead > 0);
    leave(client);
    await expectGone(plane, backend, 200);
  });

  it('between two requests leaves the upstream connection for others', async () => {
    const { backend, plane, client } = await setUp(named('a'));
    await client.ask(get('web'));
    leave(client);
    await plane.quiet();
    expect((await (await plane.client()).ask(post('web', 'x'))).status).toBe(200);
    expect(backend.connections).toHaveLength(1);
    expect(plane.stat('http.outbound.downstream_rq_rx_reset')).toBe(0);
  });

  it('while a retry waits for its pause ends it', async () => {
    const { backend, plane, client } = await setUp((_request, connection) => connection.reset());
    client.send(get('web'));
    await backend.request(0);
    leave(client);
    await plane.quiet();
    const seen = backend.requests.length;
    backend.script = named('a');
    expect((await (await plane.client()).ask(get('web'))).status).toBe(200);
    expect(backend.requests).toHaveLength(seen + 1);
  });
});

describe('an HTTP/1.0 caller who ends its side', () => {
  it('in an answer that ends with the connection sees a reset: an end in order would mean that it is whole', async () => {
    const { plane, client } = await setUp((_request, connection) =>
      connection.send(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunk('half')}`),
    );
    client.send('GET / HTTP/1.0\r\nHost: web\r\n\r\n');
    await until('the answer has begun', () => client.socket.bytesRead > 0);
    client.end();
    expect(await client.closed).toBe('ECONNRESET');
    expect(await plane.logged(0)).toMatchObject({ status: 200, flags: 'DC' });
  });
});

describe('a caller who leaves by RST', () => {
  it('with pipelined requests behind the one in work has none of them served', async () => {
    const { backend, plane, client } = await setUp(silent);
    client.send(get('web', '/1') + get('web', '/2') + get('web', '/3'));
    await backend.request(0);
    client.reset();
    // What is held stops the reading, so the reset shows at the latest when the answer is written.
    backend.requests[0]?.connection.answer(200, 'x'.repeat(100_000));
    await plane.quiet();
    expect(backend.requests.length).toBeLessThanOrEqual(2);
  });
});

describe('five hundred callers who leave at any moment', () => {
  it('leave nothing behind', async () => {
    const {
      backend,
      plane,
      client: first,
    } = await setUp((request, connection) => {
      if (request.target === '/answer') connection.answer(200, 'x'.repeat(5_000));
      else if (request.target === '/half') connection.send('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
      else if (request.target === '/reset') connection.reset();
    });
    const paths = ['/answer', '/half', '/reset', '/silent'];
    for (let round = 0; round < 10; round += 1) {
      const clients = await Promise.all(Array.from({ length: 50 }, () => plane.client()));
      for (const [index, client] of clients.entries()) {
        client.send(get('web', paths[index % paths.length]));
        if (index % 3 === 0) client.send(get('web').slice(0, index));
        for (let turn = 0; turn < index % 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
        if (index % 2 === 0) client.reset();
        else client.end();
      }
    }
    first.end();
    await plane.quiet();
    expect(plane.stat('http.outbound.downstream_cx_total')).toBe(501);
    await until(
      'only idle connections are left',
      () => backend.openConnections === plane.stat('cluster.web.upstream_cx_active'),
    );
  });
});
