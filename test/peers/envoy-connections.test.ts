// One bootstrap file in the real Envoy and in our sidecar: chains by first bytes, TCP and its ends, TLS and ALPN on both sides; callers see the same.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { connect as connectHttp2, createSecureServer, type Http2ServerRequest } from 'node:http2';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePorts } from '../../bench/bed/ports.ts';
import { realClientHello } from '../support/client-hellos.ts';
import { startEnvoyOn } from '../support/envoy.ts';
import type { TestAddress } from '../support/live-plane.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { RawClient } from '../support/raw-client.ts';
import { startCli } from '../support/run-cli.ts';
import { TcpPods } from '../support/tcp-pods.ts';
import { TempFolder } from '../support/temp-folder.ts';

const FIXTURES = join(import.meta.dirname, '../fixtures/tls');
const at = (name: string): string => join(FIXTURES, name);
const TYPES = 'type.googleapis.com/envoy.extensions';

const address = ({ host, port }: TestAddress) => ({ socket_address: { address: host, port_value: port } });
const extension = (name: string, type: string, config: object = {}) => ({
  name,
  typed_config: { '@type': `${TYPES}.${type}`, ...config },
});
const tcpTo = (cluster: string, config: object = {}) => ({
  filters: [extension('tcp', 'filters.network.tcp_proxy.v3.TcpProxy', { stat_prefix: cluster, cluster, ...config })],
});
const inspector = (name: string, type: string) => extension(name, `filters.listener.${name}.v3.${type}`);
const certificate = { certificate_chain: { filename: at('server.pem') }, private_key: { filename: at('server.key') } };

function clusterOf(name: string, pod: TestAddress, more: object = {}) {
  const endpoints = [{ lb_endpoints: [{ endpoint: { address: address(pod) } }] }];
  return { name, type: 'STATIC', load_assignment: { cluster_name: name, endpoints }, ...more };
}

/** What ALPN agrees on decides; TLS by our authority. */
const AUTO = {
  transport_socket: extension('tls', 'transport_sockets.tls.v3.UpstreamTlsContext', {
    sni: 'a.example',
    common_tls_context: { validation_context: { trusted_ca: { filename: at('ca.pem') } } },
  }),
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPES}.upstreams.http.v3.HttpProtocolOptions`,
      auto_config: { http2_protocol_options: {} },
    },
  },
};

type Pods = Readonly<
  Record<'a' | 'b' | 'other' | 'http' | 'rest' | 'echo' | 'resets' | 'gone' | 'h2' | 'h1', TestAddress>
>;
type Ports = readonly [sniffed: number, echo: number, resets: number, gone: number, idle: number, tls: number];

function bootstrap(pods: Pods, [sniffed, echo, resets, gone, idle, tls]: Ports): object {
  const listener = (name: string, port: number, more: object) => ({
    name,
    address: address({ host: '127.0.0.1', port }),
    ...more,
  });
  const chain = (match: object, cluster: string) => ({ filter_chain_match: match, ...tcpTo(cluster) });
  const route = (cluster: string, prefix: string) => ({ match: { prefix }, route: { cluster } });
  const manager = {
    stat_prefix: 'tls',
    http_filters: [extension('envoy.filters.http.router', 'filters.http.router.v3.Router')],
    route_config: {
      virtual_hosts: [{ name: 'all', domains: ['*'], routes: [route('h2', '/h2'), route('h1', '/h1')] }],
    },
  };
  const downstream = { common_tls_context: { tls_certificates: [certificate], alpn_protocols: ['h2', 'http/1.1'] } };
  return {
    static_resources: {
      listeners: [
        listener('sniffed', sniffed, {
          listener_filters: [inspector('tls_inspector', 'TlsInspector'), inspector('http_inspector', 'HttpInspector')],
          listener_filters_timeout: '0.2s',
          continue_on_listener_filters_timeout: true,
          filter_chains: [
            chain({ server_names: ['a.example'] }, 'a'),
            chain({ server_names: ['*.b.example'] }, 'b'),
            chain({ transport_protocol: 'tls' }, 'other'),
            chain({ application_protocols: ['http/1.1', 'h2c'] }, 'http'),
          ],
          default_filter_chain: tcpTo('rest'),
        }),
        listener('echo', echo, { filter_chains: [tcpTo('echo')] }),
        listener('resets', resets, { filter_chains: [tcpTo('resets')] }),
        listener('gone', gone, { filter_chains: [tcpTo('gone', { max_connect_attempts: 2 })] }),
        listener('idle', idle, { filter_chains: [tcpTo('echo', { idle_timeout: '0.3s' })] }),
        listener('tls', tls, {
          filter_chains: [
            {
              transport_socket: extension('tls', 'transport_sockets.tls.v3.DownstreamTlsContext', downstream),
              filters: [extension('http', 'filters.network.http_connection_manager.v3.HttpConnectionManager', manager)],
            },
          ],
        }),
      ],
      clusters: Object.entries(pods).map(([name, pod]) =>
        clusterOf(name, pod, name === 'h1' || name === 'h2' ? AUTO : {}),
      ),
    },
  };
}

/** What callers see of each thing that they do, in words. */
async function play([sniffed, echo, resets, gone, idle, tls]: Ports): Promise<Record<string, unknown>> {
  const hello = (servername: string) => realClientHello({ servername });
  return {
    'TLS for a.example': await said(sniffed, await hello('a.example')),
    'TLS for x.b.example': await said(sniffed, await hello('x.b.example')),
    'TLS for b.example': await said(sniffed, await hello('b.example')),
    'TLS without a name': await said(sniffed, await realClientHello({})),
    'HTTP/1.1': await said(sniffed, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'),
    'HTTP/2': await said(sniffed, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    Redis: await said(sniffed, '*1\r\n$4\r\nPING\r\n'),
    silence: await said(sniffed, ''),
    'a half-closed echo': await halfClosed(echo, 300_000),
    'a reset of the pod': await endOf(resets, 'x'),
    'no pod': await endOf(gone, ''),
    'an idle connection': await endOf(idle, ''),
    'HTTP/2 to HTTP/2': await overHttp2(tls, '/h2'),
    'HTTP/2 to HTTP/1.1': await overHttp2(tls, '/h1'),
    'HTTP/1.1 to HTTP/2': await overHttp1(tls, '/h2'),
    'HTTP/1.1 to HTTP/1.1': await overHttp1(tls, '/h1'),
  };
}

async function said(port: number, bytes: string | Buffer): Promise<string> {
  const client = await RawClient.connect(port);
  if (bytes.length > 0) client.send(bytes);
  const answer = await client.rest();
  await client.finish();
  return answer;
}

async function halfClosed(port: number, count: number): Promise<number> {
  const client = await RawClient.connect(port);
  client.send('x'.repeat(count));
  client.end();
  return (await client.rest()).length;
}

/** How it ends, without a byte: `fin`, or by a reset. */
async function endOf(port: number, bytes: string): Promise<string> {
  const client = await RawClient.connect(port);
  if (bytes !== '') client.send(bytes);
  expect(await client.rest()).toBe('');
  return client.finish();
}

async function overHttp2(port: number, path: string): Promise<string> {
  const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  const answer = await text(session.request({ ':path': path }));
  session.destroy();
  return answer;
}

async function overHttp1(port: number, path: string): Promise<string> {
  const request = httpsRequest({ host: '127.0.0.1', port, path, rejectUnauthorized: false, agent: false });
  request.end();
  const [response] = await once(request, 'response');
  return text(response);
}

const EXPECTED = {
  'TLS for a.example': 'a',
  'TLS for x.b.example': 'b',
  'TLS for b.example': 'other',
  'TLS without a name': 'other',
  'HTTP/1.1': 'http',
  'HTTP/2': 'http',
  Redis: 'rest',
  silence: 'rest',
  'a half-closed echo': 300_000,
  'a reset of the pod': 'ECONNRESET',
  'no pod': 'fin',
  'an idle connection': 'fin',
  'HTTP/2 to HTTP/2': '2.0',
  'HTTP/2 to HTTP/1.1': '1.1',
  'HTTP/1.1 to HTTP/2': '2.0',
  'HTTP/1.1 to HTTP/1.1': '1.1',
};

describeWithPeers('Connections through Envoy and through the sidecar, on the same file', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const tcp = new TcpPods();
  const servers: Server[] = [];
  const seen = new Map<string, Record<string, unknown>>();

  /** Answers with the version of HTTP that it is asked in. */
  async function tlsPod(protocol: 'h2' | 'http/1.1'): Promise<TestAddress> {
    const identity = { cert: readFileSync(at('server.pem')), key: readFileSync(at('server.key')) };
    const answer = (request: IncomingMessage | Http2ServerRequest, response: { end(text: string): void }): void =>
      response.end(request.httpVersion);
    const server: Server =
      protocol === 'h2' ? createSecureServer(identity, answer) : createHttpsServer(identity, answer);
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  }

  beforeAll(async () => {
    const [a, b, other, http, rest] = await Promise.all(
      ['a', 'b', 'other', 'http', 'rest'].map((name) => tcp.named(name)),
    );
    const named = { a, b, other, http, rest } as Pick<Pods, 'a' | 'b' | 'other' | 'http' | 'rest'>;
    const resets = await tcp.pod((socket) => void socket.once('data', () => socket.resetAndDestroy()));
    const [unused = 0, ...ports] = await freePorts(7);
    const pods: Pods = {
      ...named,
      ...{ echo: await tcp.echo(), resets, gone: { host: '127.0.0.1', port: unused } },
      ...{ h2: await tlsPod('h2'), h1: await tlsPod('http/1.1') },
    };
    folder.write('bootstrap.json', JSON.stringify(bootstrap(pods, ports as unknown as Ports)));
    const file = folder.at('bootstrap.json');
    const stopEnvoy = await startEnvoyOn(paths['envoy'] ?? '', file, ports[0] ?? 0);
    seen.set('envoy', await play(ports as unknown as Ports));
    await stopEnvoy();
    const sidecar = startCli(['proxy', '-c', file]);
    await sidecar.says(/ready clusters=10/);
    seen.set('sidecar', await play(ports as unknown as Ports));
    sidecar.child.kill('SIGTERM');
    await sidecar.ended;
  }, 90_000);

  afterAll(() => {
    tcp.close();
    for (const server of servers) server.close();
    folder.remove();
  });

  it.each(Object.entries(EXPECTED))('%s: callers of both see %j', (what, expected) => {
    expect([seen.get('envoy')?.[what], seen.get('sidecar')?.[what]]).toEqual([expected, expected]);
  });
});
