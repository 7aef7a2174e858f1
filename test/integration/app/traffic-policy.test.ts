// From a TrafficPolicy to what a sidecar does with requests, and with connections that are open when the policy changes.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppMesh, serviceOn } from '../../support/app-mesh.ts';
import type { RawAnswer, RawClient } from '../../support/raw-client.ts';
import { waitUntil } from '../../support/wait-until.ts';

const mesh = new AppMesh();
afterEach(() => mesh.close());

async function startPod(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mesh.atEnd(() => server.close().closeAllConnections());
  return (server.address() as AddressInfo).port;
}

function policy(spec: string): string {
  return `{apiVersion: switchboard.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: web}, spec: {targetRefs: [{name: web}], ${spec}}}`;
}

/** One connection through a sidecar to a Service of one pod. */
async function callerOf(listener: RequestListener, ...policies: readonly string[]): Promise<RawClient> {
  mesh.write(serviceOn(await startPod(listener), 'web'), ...policies);
  const { port } = await mesh.controlPlane();
  const { client } = await mesh.sidecar(port);
  return client();
}

const request = (method: string) => `${method} / HTTP/1.1\r\nHost: web\r\nContent-Length: 0\r\n\r\n`;

/** Asks until an answer is as it should be: a change takes its time through the control plane. */
function answersOnce(caller: RawClient, method: string, accepts: (answer: RawAnswer) => boolean): Promise<RawAnswer> {
  return waitUntil('an answer by the policy', async () => {
    const answer = await caller.ask(request(method));
    return accepts(answer) ? answer : null;
  });
}

describe('a TrafficPolicy', () => {
  it('says how long callers wait, and they are answered 504 UT then', async () => {
    const caller = await callerOf(() => {}, policy('timeouts: {request: 30ms}'));
    const answer = await caller.ask(request('GET'));
    expect(answer.status).toBe(504);
    expect(answer.get('x-switchboard-error')).toBe('UT upstream_timeout');
  });

  it('says what is sent again; without it a POST that fails is not; and no connection is closed for either', async () => {
    let requests = 0;
    const caller = await callerOf((_, response) => {
      requests += 1;
      response.writeHead(requests % 2 === 0 ? 200 : 500).end();
    });
    expect((await caller.ask(request('POST'))).status).toBe(500);
    requests = 0;
    mesh.write(policy('retries: {attempts: 1, retryOn: [5xx]}'));
    // Each odd request fails and its repetition succeeds: from the policy on every answer is a good one.
    await answersOnce(caller, 'POST', ({ status }) => {
      const repeated = status === 200 && requests === 2;
      requests = 0;
      return repeated;
    });
    for (let i = 0; i < 5; i += 1) expect((await caller.ask(request('POST'))).status).toBe(200);
    expect(requests).toBe(10);
    mesh.remove(policy('timeouts: {}'));
    requests = 0;
    await answersOnce(caller, 'POST', ({ status }) => {
      const single = status === 500;
      requests = 0;
      return single;
    });
    expect(caller.socket.destroyed).toBe(false);
  });

  it('limits what is in work, and what is beyond is answered 503 UO at once', async () => {
    const caller = await callerOf((_, response) => response.end());
    expect((await caller.ask(request('GET'))).status).toBe(200);
    mesh.write(policy('circuitBreakers: {maxRequests: 0}'));
    const answer = await answersOnce(caller, 'GET', ({ status }) => status === 503);
    expect(answer.get('x-switchboard-error')).toBe('UO upstream_overflow');
  });

  it('makes faults, and takes them back', async () => {
    const faulty = policy('faults: {abort: {httpStatus: 418}}');
    const caller = await callerOf((_, response) => response.end(), faulty);
    expect((await caller.ask(request('GET'))).status).toBe(418);
    mesh.remove(faulty);
    await answersOnce(caller, 'GET', ({ status }) => status === 200);
  });

  it('limits what a caller may send, with 429 and when to come back', async () => {
    const caller = await callerOf((_, response) => response.end(), policy('rateLimit: {requests: 2, interval: 1h}'));
    expect((await caller.ask(request('GET'))).status).toBe(200);
    expect((await caller.ask(request('GET'))).status).toBe(200);
    const refused = await caller.ask(request('GET'));
    expect(refused.status).toBe(429);
    expect(refused.get('x-switchboard-error')).toBe('RL rate_limited');
    expect(Number(refused.get('retry-after'))).toBeGreaterThan(0);
  });

  it('says who gets copies: another Service sees every request, with its Host, and the caller the answer of its own', async () => {
    const copies: string[] = [];
    const next = await startPod((copied, response) => {
      copies.push(`${copied.method} ${copied.url} of ${copied.headers.host}`);
      response.writeHead(500).end();
    });
    mesh.write(serviceOn(next, 'next'));
    const caller = await callerOf(
      (_, response) => response.end(),
      policy('mirrors: [{backendRef: {name: next, port: 80}}]'),
    );
    for (let asked = 0; asked < 3; asked += 1) expect((await caller.ask(request('GET'))).status).toBe(200);
    await waitUntil('the copies have come', () => copies.length === 3 || null);
    expect(new Set(copies)).toEqual(new Set(['GET / of web']));
  });

  it('says which answers are sent again by a header of theirs', async () => {
    let requests = 0;
    const caller = await callerOf((_, response) => {
      requests += 1;
      if (requests === 1) response.setHeader('x-try-again', 'yes');
      response.end(String(requests));
    }, policy('retries: {retriableHeaders: [{name: X-Try-Again, value: "yes"}]}'));
    expect((await caller.ask(request('POST'))).text).toBe('2');
  });

  it('says how many requests a connection to a pod carries', async () => {
    const connections = new Set<unknown>();
    const caller = await callerOf((incoming, response) => {
      connections.add(incoming.socket);
      response.end();
    }, policy('connections: {maxRequests: 2}'));
    for (let asked = 0; asked < 6; asked += 1) await caller.ask(request('GET'));
    expect(connections.size).toBe(3);
  });
});
