// The real Envoy and our sidecar on one file with mirrors: the copies that arrive, beside the requests that they are copies of.
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment, socketAddress } from '../support/bootstrap-files.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { RawClient } from '../support/raw-client.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { type BackendRequest, named, ScriptedBackend } from '../support/scripted-backend.ts';
import { TempFolder } from '../support/temp-folder.ts';

const POLICIES: Readonly<Record<string, readonly object[]>> = {
  '/plain': [{ cluster: 'mirror' }],
  '/kept': [{ cluster: 'mirror', disable_shadow_host_suffix_append: true }],
  '/named': [{ cluster: 'mirror', host_rewrite_literal: 'canary.example' }],
  '/half': [
    { cluster: 'mirror', runtime_fraction: { default_value: { numerator: 0 } } },
    { cluster: 'mirror', runtime_fraction: { default_value: { numerator: 100 } } },
  ],
};

function bootstrap(listen: number, web: number, mirror: number): string {
  const routes = Object.entries(POLICIES).map(([prefix, policies]) => ({
    match: { prefix },
    route: { cluster: 'web', prefix_rewrite: `/v2${prefix}`, request_mirror_policies: policies },
    request_headers_to_add: [{ header: { key: 'x-route', value: prefix } }],
  }));
  const cluster = (name: string, port: number): object => ({
    ...{ name, type: 'STATIC', connect_timeout: '5s' },
    load_assignment: loadAssignment(name, [['127.0.0.1', port]]),
  });
  const route_config = { name: 'all', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] };
  return JSON.stringify({
    admin: { address: socketAddress('127.0.0.1', 0) },
    static_resources: {
      listeners: [listenerOf('http', listen, { route_config })],
      clusters: [cluster('web', web), cluster('mirror', mirror)],
    },
  });
}

interface Side {
  readonly listen: number;
  readonly web: ScriptedBackend;
  readonly mirror: ScriptedBackend;
}

describeWithPeers('mirrored requests, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const sides: Side[] = [];
  let stopEnvoy: () => Promise<void>;
  let sidecar: RunningCli;

  beforeAll(async () => {
    for (const [index, listen] of (await freePorts(2)).entries()) {
      const [web, mirror] = [await ScriptedBackend.start(named('web')), await ScriptedBackend.start(named('mirror'))];
      sides.push({ listen, web, mirror });
      folder.write(`${index}.json`, bootstrap(listen, web.port, mirror.port));
    }
    sidecar = startCli(['proxy', '-c', folder.at('1.json')]);
    stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', folder.at('0.json'), sides[0]?.listen ?? 0);
    await sidecar.says(/(ready)/i);
  }, 30_000);

  afterAll(async () => {
    await stopEnvoy?.();
    sidecar?.child.kill('SIGKILL');
    await sidecar?.ended;
    for (const { web, mirror } of sides) await Promise.all([web.close(), mirror.close()]);
    folder.remove();
  });

  /** What both should agree on; whatever else Envoy adds to copies is in the guide. */
  async function summaryOf(request: BackendRequest): Promise<readonly (string | undefined)[]> {
    const names = ['host', 'content-length', 'transfer-encoding', 'x-a', 'x-route', 'x-b'];
    const { body } = await request.body;
    return [`${request.method} ${request.target}`, ...names.map((name) => request.get(name)), body.toString('latin1')];
  }

  const REQUESTS: readonly (readonly [string, (path: string) => string])[] = [
    ['GET', (path) => `GET ${path}?q=1 HTTP/1.1\r\nHost: web.example:8080\r\nX-A: one\r\nX-B: two\r\n\r\n`],
    ['POST', (path) => `POST ${path} HTTP/1.1\r\nHost: web.example\r\nX-A: one\r\nContent-Length: 5\r\n\r\nhello`],
    [
      'POST in chunks',
      (path) =>
        `POST ${path} HTTP/1.1\r\nHost: web.example\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n`,
    ],
  ];
  const CASES = Object.keys(POLICIES).flatMap((path) => REQUESTS.map(([title, of]) => ({ path, title, of })));

  it.each(CASES)('$title of $path arrives at web and at the mirror alike', async ({ path, of }) => {
    const seen = [];
    for (const { listen, web, mirror } of sides) {
      const [before, copiesBefore] = [web.requests.length, mirror.requests.length];
      const client = await RawClient.connect(listen);
      expect((await client.ask(of(path))).status).toBe(200);
      client.socket.destroy();
      const request = await summaryOf(await web.request(before));
      const copy = await summaryOf(await mirror.request(copiesBefore));
      expect(mirror.requests).toHaveLength(copiesBefore + 1);
      seen.push({ request, copy });
    }
    expect(seen[1]).toEqual(seen[0]);
  });

  it('of Envoy alone have fields that it adds to copies: the others are those of the request', async () => {
    const extra = sides.map(({ web, mirror }) => {
      const names = ({ head }: BackendRequest): readonly string[] => head.fields.map(([name]) => name.toLowerCase());
      const [request, copy] = [web.requests[0], mirror.requests[0]];
      if (request === undefined || copy === undefined) throw new Error('nothing was mirrored');
      const known = new Set(names(request));
      return names(copy).filter((name) => !known.has(name));
    });
    expect(extra).toEqual([['x-envoy-internal', 'x-forwarded-for'], ['connection']]);
  });
});
