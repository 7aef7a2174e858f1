// The client of an API server, over real sockets to a server that plays one.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { CredentialSource } from '../../../src/kube-api/credentials.ts';
import { HttpKubeClient } from '../../../src/kube-api/http-kube-client.ts';
import type { ExecPlugin, KubeUser } from '../../../src/kube-api/kube-access.ts';
import type { KubeWatchEvent } from '../../../src/kube-api/kube-client.ts';
import type { KubeResource } from '../../../src/kube-api/kube-resource.ts';
import { freePort } from '../../support/free-port.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

const PODS: KubeResource = { kind: 'Pod', group: '', version: 'v1', plural: 'pods', namespaced: true };
const ROUTES: KubeResource = {
  ...{ kind: 'HTTPRoute', group: 'gateway.networking.k8s.io', version: 'v1', plural: 'httproutes', namespaced: true },
};

type Answer = (asked: IncomingMessage, answer: ServerResponse, body: string) => void;

describe('the client of an API server', () => {
  let server: Server;
  let clock: ManualClock;
  let client: HttpKubeClient;
  let answer: Answer;
  let asked: string[];
  let folder: TempFolder;

  beforeEach(async () => {
    asked = [];
    folder = new TempFolder();
    clock = new ManualClock();
    server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? '-'}`);
        answer(request, response, Buffer.concat(parts).toString());
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    client = clientOf({});
  });

  afterEach(async () => {
    await client.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    folder.remove();
  });

  function clientOf(
    user: KubeUser,
    runPlugin: (plugin: ExecPlugin) => Promise<string> = () => Promise.reject(new Error()),
  ) {
    const { port } = server.address() as AddressInfo;
    const access = { source: 'test', ca: null, skipVerify: false, serverName: '', proxyUrl: '', user };
    const source = { ...access, server: `http://127.0.0.1:${port}` };
    return new HttpKubeClient(source, new CredentialSource(source, runPlugin, clock), 'switchboard/test');
  }

  const json = (value: unknown, status = 200): Answer => {
    return (_, response) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
  const emptyList = json({ metadata: { resourceVersion: '7' }, items: [] });

  it('lists page by page', async () => {
    answer = json({ metadata: { resourceVersion: '7', continue: 'next' }, items: [{ metadata: { name: 'a' } }] });
    const page = await client.list(PODS, { limit: 500, continue: '' });
    expect(page).toEqual({ items: [{ metadata: { name: 'a' } }], resourceVersion: '7', continue: 'next' });
    await client.list(ROUTES, { limit: 2, continue: page.continue });
    expect(asked).toEqual([
      'GET /api/v1/pods?limit=500 -',
      'GET /apis/gateway.networking.k8s.io/v1/httproutes?limit=2&continue=next -',
    ]);
  });

  it('watches until the server ends it: lines in any pieces, bookmarks among them', async () => {
    const text = ['ADDED', 'BOOKMARK', 'DELETED'].map((type) => `${JSON.stringify({ type, object: { a: 'é' } })}\n`);
    const bytes = Buffer.from(text.join(''));
    answer = (_, response) => {
      response.writeHead(200);
      for (let at = 0; at < bytes.length; at += 7) response.write(bytes.subarray(at, at + 7));
      response.end('{"type":"ADD');
    };
    let opened = 0;
    const seen: KubeWatchEvent[] = [];
    const options = { resourceVersion: '7', timeoutSeconds: 90, signal: new AbortController().signal };
    for await (const event of client.watch(PODS, { ...options, onOpen: () => void opened++ })) seen.push(event);
    expect(seen.map(({ type }) => type)).toEqual(['ADDED', 'BOOKMARK', 'DELETED']);
    expect(seen[0]?.object).toEqual({ a: 'é' });
    expect(opened).toBe(1);
    expect(asked).toEqual(['GET /api/v1/pods?watch=1&allowWatchBookmarks=true&resourceVersion=7&timeoutSeconds=90 -']);
  });

  it('says with code and words when a watch can no longer go on', async () => {
    answer = (_, response) =>
      response.end(`${JSON.stringify({ type: 'ERROR', object: { code: 410, message: 'too old' } })}\n`);
    const options = { resourceVersion: '7', timeoutSeconds: 90, signal: new AbortController().signal };
    await expect(client.watch(PODS, options)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      ...{
        code: 'kube_gone',
        message: expect.stringMatching(/^can't watch pods of http:\/\/.*: it answers 410: too old$/),
      },
    });
  });

  it('gives a watch up when it is told to', async () => {
    answer = (_, response) => void response.writeHead(200).flushHeaders();
    const abort = new AbortController();
    const options = { resourceVersion: '7', timeoutSeconds: 90, signal: abort.signal, onOpen: () => abort.abort() };
    await expect(client.watch(PODS, options)[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'kube_unreachable',
    });
  });

  it.each([
    [
      403,
      'kube_forbidden',
      '{apiGroups: ["gateway.networking.k8s.io"], resources: ["httproutes"], verbs: ["list", "watch"]}',
    ],
    [404, 'kube_not_found', 'install its CRD, if it is meant to be used'],
    [410, 'kube_gone', ''],
    [429, 'kube_busy', ''],
    [500, 'kube_failed', ''],
  ])('tells a %i as %s with its remedy, server, verb and resource', async (status, code, remedy) => {
    answer = json({ message: 'because' }, status);
    const failed = client.list(ROUTES, { limit: 1, continue: '' });
    await expect(failed).rejects.toMatchObject({ code, message: expect.stringContaining('because') });
    await expect(failed).rejects.toThrow("can't list httproutes.gateway.networking.k8s.io of http://127.0.0.1");
    const said = await failed.catch((error: { remedy?: string }) => error.remedy ?? '');
    expect(said).toContain(remedy);
  });

  it('hears how long the server wants to be left alone', async () => {
    answer = (_, response) => response.writeHead(429, { 'retry-after': '3' }).end('busy');
    await expect(client.list(PODS, { limit: 1, continue: '' })).rejects.toMatchObject({
      ...{ code: 'kube_busy', retryAfterMs: 3_000 },
    });
  });

  it('tells a server that is not there, that hangs up, and that talks nonsense', async () => {
    answer = (_, response) => response.socket?.destroy();
    await expect(client.list(PODS, { limit: 1, continue: '' })).rejects.toMatchObject({ code: 'kube_unreachable' });
    answer = (_, response) => response.end('<html>');
    await expect(client.list(PODS, { limit: 1, continue: '' })).rejects.toMatchObject({ code: 'kube_unreachable' });
    const port = await freePort();
    const access = { source: 't', ca: null, skipVerify: false, serverName: '', proxyUrl: '', user: {} };
    const nowhere = { ...access, server: `http://127.0.0.1:${port}` };
    const lost = new HttpKubeClient(nowhere, new CredentialSource(nowhere, () => Promise.resolve(''), clock), 't');
    await expect(lost.list(PODS, { limit: 1, continue: '' })).rejects.toMatchObject({
      ...{ code: 'kube_unreachable', message: expect.stringContaining('ECONNREFUSED') },
    });
    await lost.close();
  });

  it('reads the token again for each request, so that a renewed one counts at once', async () => {
    folder.write('token', 'one\n');
    client = clientOf({ tokenFile: folder.at('token') });
    answer = emptyList;
    await client.list(PODS, { limit: 1, continue: '' });
    folder.write('token', 'two\n');
    await client.list(PODS, { limit: 1, continue: '' });
    expect(asked.map((line) => line.split(' ').slice(2).join(' '))).toEqual(['Bearer one', 'Bearer two']);
  });

  it('asks a plugin once until what it gave runs out, or is refused', async () => {
    let runs = 0;
    const exec: ExecPlugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws', args: [], env: {} };
    client = clientOf({ exec }, async () => {
      runs += 1;
      const expirationTimestamp = new Date(clock.wallNow() + 60_000).toISOString();
      return JSON.stringify({ status: { token: `t${runs}`, expirationTimestamp } });
    });
    answer = emptyList;
    const list = () => client.list(PODS, { limit: 1, continue: '' });
    await Promise.all([list(), list(), list()]);
    expect(runs).toBe(1);
    clock.advance(55_000);
    await list();
    expect(runs).toBe(2);
    answer = (request, response, body) =>
      (request.headers.authorization === 'Bearer t2' ? json({ message: 'expired' }, 401) : emptyList)(
        request,
        response,
        body,
      );
    await Promise.all([list(), list(), list()]);
    expect(runs).toBe(3);
  });

  it('asks a plugin that failed again the next time, and does not ask twice with what nobody can renew', async () => {
    let runs = 0;
    const exec: ExecPlugin = { apiVersion: 'client.authentication.k8s.io/v1', command: 'aws', args: [], env: {} };
    client = clientOf({ exec }, async () => {
      runs += 1;
      if (runs === 1) throw new Error('no login');
      return runs === 2 ? 'no JSON' : '{"status": {"token": "t"}}';
    });
    answer = emptyList;
    const list = () => client.list(PODS, { limit: 1, continue: '' });
    await expect(list()).rejects.toThrow('no login');
    await expect(list()).rejects.toThrow('"aws" prints no ExecCredential with a status');
    await list();
    expect(asked).toHaveLength(1);
    client = clientOf({ token: 'fixed' });
    answer = json({ message: 'unknown' }, 401);
    await expect(client.list(PODS, { limit: 1, continue: '' })).rejects.toMatchObject({ code: 'kube_unauthorized' });
    expect(asked).toHaveLength(2);
  });

  it('lets go of a watch whose reader has seen enough', async () => {
    let closed = false;
    answer = (request, response) => {
      request.socket.on('close', () => {
        closed = true;
      });
      response.write(`${JSON.stringify({ type: 'ADDED', object: {} })}\n`);
    };
    const options = { resourceVersion: '7', timeoutSeconds: 90, signal: new AbortController().signal };
    for await (const event of client.watch(PODS, options)) {
      expect(event.type).toBe('ADDED');
      break;
    }
    await until('the connection is closed', () => closed);
  });

  it('writes status as a merge patch, in the name of its field manager', async () => {
    let said = '';
    answer = (request, response, body) => {
      said = `${request.headers['content-type']} ${body}`;
      json({ metadata: { name: 'web' } })(request, response, body);
    };
    const ref = { namespace: 'shop', name: 'web' };
    await client.patchStatus(ROUTES, ref, { status: { parents: [] } }, { fieldManager: 'switchboard' });
    expect(asked).toEqual([
      'PATCH /apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes/web/status?fieldManager=switchboard -',
    ]);
    expect(said).toBe('application/merge-patch+json {"status":{"parents":[]}}');
  });

  it('reads, creates and replaces one object; one that is not there is null', async () => {
    answer = json({ message: 'no' }, 404);
    expect(await client.read(PODS, { namespace: 'a', name: 'b' })).toBeNull();
    answer = json({ metadata: { name: 'b' } });
    expect(await client.read(PODS, { namespace: 'a', name: 'b' })).toEqual({ metadata: { name: 'b' } });
    await client.create(PODS, 'a', { kind: 'Pod' }, { fieldManager: 'm' });
    await client.replace(PODS, { namespace: 'a', name: 'b' }, { kind: 'Pod' }, { fieldManager: 'm' });
    expect(asked.slice(2)).toEqual([
      'POST /api/v1/namespaces/a/pods?fieldManager=m -',
      'PUT /api/v1/namespaces/a/pods/b?fieldManager=m -',
    ]);
    answer = json({ message: 'somebody was faster' }, 409);
    const ref = { namespace: 'a', name: 'b' };
    await expect(client.replace(PODS, ref, {}, { fieldManager: 'm' })).rejects.toMatchObject({ code: 'kube_conflict' });
  });

  it('never waits for a server that takes the connection and says nothing, once it is told to stop', async () => {
    const silent = createTcpServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const access = { source: 't', ca: null, skipVerify: false, serverName: '', proxyUrl: '', user: {} };
    const mute = { ...access, server: `http://127.0.0.1:${port}` };
    const waiting = new HttpKubeClient(mute, new CredentialSource(mute, () => Promise.resolve(''), clock), 't');
    const abort = new AbortController();
    const failed = expect(waiting.list(PODS, { limit: 1, continue: '', signal: abort.signal })).rejects.toMatchObject({
      code: 'kube_unreachable',
    });
    silent.once('connection', () => abort.abort());
    await failed;
    await waiting.close();
    await new Promise((resolve) => silent.close(resolve));
  });
});
