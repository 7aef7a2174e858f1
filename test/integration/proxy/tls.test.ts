// Promises of TLS: ended for callers, begun towards endpoints; what cannot be verified is not spoken to, and nothing is shown that is secret.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect, createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import { type FilterChainSpec, httpChain, type ListenerSpec } from '../../../src/model/listener-spec.ts';
import type { CertificateSpec, DownstreamTlsSpec, UpstreamTlsSpec } from '../../../src/model/tls-spec.ts';
import { LISTENER, type LivePlane, ROUTES, type TestAddress } from '../../support/live-plane.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { until } from '../../support/until.ts';

const FOLDER = join(import.meta.dirname, '../../fixtures/tls');
const pem = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const inline = (name: string) => ({ kind: 'inline' as const, text: pem(name) });
const certificate = (name: string): CertificateSpec => ({
  chain: inline(`${name}.pem`),
  privateKey: { kind: 'file', path: join(FOLDER, `${name}.key`) },
});
const CA = { trustedCa: inline('ca.pem') };

const stage = new Stage();
const pods = new TcpPods();
let closing: (() => void)[] = [];

afterEach(async () => {
  for (const close of closing) close();
  closing = [];
  await stage.close();
  pods.close();
});

const BASE = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', applicationProtocols: [] } as const;

function downstream(change: Partial<DownstreamTlsSpec> = {}): DownstreamTlsSpec {
  return { ...BASE, certificate: certificate('server'), requireClientCertificate: false, ...change };
}

function listener(filter: FilterChainSpec['filter'], tls: DownstreamTlsSpec): ListenerSpec {
  const address = { host: '127.0.0.1', port: 0 };
  return { name: LISTENER, address, additionalAddresses: [], filterChains: [{ name: '', match: {}, filter, tls }] };
}

const ECHO: FilterChainSpec['filter'] = {
  kind: 'tcp',
  tcp: { statPrefix: 'web', cluster: 'web', idleTimeoutMs: 0, maxConnectAttempts: 1 },
};
const HTTP = httpChain({
  ...{ statPrefix: LISTENER, routes: { kind: 'rds', name: ROUTES } },
  ...{ idleTimeoutMs: 60_000, requestHeadersTimeoutMs: 0 },
}).filter;

async function terminating(endpoint: TestAddress, filter = ECHO, tls = downstream()): Promise<LivePlane> {
  const plane = await stage.plane({ services: { web: [endpoint] } });
  plane.apply({ listeners: { upserted: [listener(filter, tls)], removed: [] } });
  await until('it listens', () => plane.plane.readiness().ready);
  return plane;
}

/** Fails as the handshake does. */
async function caller(plane: LivePlane, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({
    ...{ port: plane.port, host: '127.0.0.1', servername: 'a.example', ca: pem('ca.pem') },
    ...options,
  });
  closing.push(() => socket.destroy());
  // What comes later is the test's business.
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

async function said(socket: TLSSocket, text: string): Promise<string> {
  socket.write(text);
  let got = '';
  for await (const bytes of socket.iterator({ destroyOnReturn: false })) {
    got += String(bytes);
    if (got.length >= text.length) break;
  }
  return got;
}

describe('TLS of callers that ends here', () => {
  it('carries what a TCP proxy passes on, both ends closing in order', async () => {
    const plane = await terminating(await pods.echo());
    const client = await caller(plane);
    expect(client.authorized).toBe(true);
    expect(await said(client, 'secret')).toBe('secret');
    client.end();
    await once(client, 'close');
    expect(await plane.logged(0)).toMatchObject({ flags: '', bytesReceived: 6, bytesSent: 6 });
    expect(plane.stat('listener.127.0.0.1:0.ssl.handshake')).toBe(1);
  });

  it('carries HTTP, one request after the other', async () => {
    const plane = await terminating(await stage.backend(named('web')), HTTP);
    const client = await caller(plane);
    for (const path of ['/one', '/two']) {
      client.write(get('web', path));
      expect(String((await once(client, 'data'))[0])).toContain(`web ${path}`);
    }
    client.end();
    await once(client, 'close');
  });

  it('speaks the protocol that both want most, and refuses a caller who offers none of them', async () => {
    const plane = await terminating(
      await pods.echo(),
      ECHO,
      downstream({ applicationProtocols: ['http/1.1', 'http/1.0'] }),
    );
    expect((await caller(plane, { ALPNProtocols: ['h3', 'http/1.0', 'http/1.1'] })).alpnProtocol).toBe('http/1.1');
    await expect(caller(plane, { ALPNProtocols: ['h3'] })).rejects.toThrow(/ALPN|alert/i);
    expect(plane.stat('listener.127.0.0.1:0.ssl.connection_error')).toBe(1);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('is not %s', async (version) => {
    const plane = await terminating(await pods.echo());
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
    await expect(caller(plane, old)).rejects.toThrow(/version|alert/i);
    expect(plane.log).toEqual([]);
  });

  it('asks for a certificate where that is wanted, and takes only one that it can verify', async () => {
    const wanted = [{ type: 'uri', match: { kind: 'prefix', value: 'spiffe://cluster.local/' } }] as const;
    const plane = await terminating(
      await pods.echo(),
      ECHO,
      downstream({ requireClientCertificate: true, validation: { ...CA, subjectAltNames: wanted } }),
    );
    const known = await caller(plane, { cert: pem('client.pem'), key: pem('client.key') });
    expect(await said(known, 'x')).toBe('x');
    const refused = async (options: ConnectionOptions): Promise<void> => {
      const client = await caller(plane, options).catch(() => null);
      if (client === null) return;
      // In TLS 1.3 a caller is done before it hears what the other side thinks of its certificate.
      client.resume();
      await new Promise((resolve) => client.once('close', resolve));
    };
    await refused({});
    await refused({ cert: pem('stray.pem'), key: pem('stray.key') });
    expect(plane.stat('tcp.web.downstream_cx_total')).toBe(1);
  });

  it('is reset when the endpoint resets', async () => {
    const plane = await terminating(
      await pods.pod((socket) => {
        socket.once('data', () => socket.resetAndDestroy());
      }),
    );
    const client = await caller(plane);
    client.write('go');
    const [error] = await once(client, 'error').catch((thrown: unknown) => [thrown]);
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect((await plane.logged(0)).flags).toBe('UC');
  });

  it('with a key that does not fit is refused as configuration, and the listener goes on as before', async () => {
    const plane = await terminating(await pods.echo());
    const tls = downstream({ certificate: { chain: inline('server.pem'), privateKey: inline('client.key') } });
    const issues = plane.plane.apply({ listeners: { upserted: [listener(ECHO, tls)], removed: [] } });
    expect(issues.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^cannot be applied: TLS: .*cannot be used/),
    ]);
    expect(JSON.stringify(issues)).not.toContain('PRIVATE');
    const gone = downstream({ certificate: { ...certificate('server'), chain: { kind: 'file', path: '/nowhere' } } });
    const [missing] = plane.plane.apply({ listeners: { upserted: [listener(ECHO, gone)], removed: [] } });
    expect(missing?.message).toContain('certificate_chain cannot be read: ENOENT');
    expect(await said(await caller(plane), 'still')).toBe('still');
  });
});

describe('TLS towards endpoints', () => {
  async function tlsPod(serve: (socket: TLSSocket) => void, options: TlsOptions = {}): Promise<TestAddress> {
    const server = createServer({ cert: pem('server.pem'), key: pem('server.key'), ...options }, (socket) => {
      socket.on('error', () => {});
      closing.push(() => socket.destroy());
      serve(socket);
    });
    server.on('tlsClientError', () => {});
    closing.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    return { host: '127.0.0.1', port: address !== null && typeof address === 'object' ? address.port : 0 };
  }

  const echo = (socket: TLSSocket): void => void socket.pipe(socket);

  async function originating(
    endpoint: TestAddress,
    change: Partial<UpstreamTlsSpec>,
    filter = ECHO,
  ): Promise<LivePlane> {
    const plane = await stage.plane({ services: { web: [endpoint] } });
    const tls: UpstreamTlsSpec = { ...BASE, sni: 'a.example', ...change };
    const { filterChains, ...rest } = listener(filter, downstream());
    const plain = filterChains.map(({ name, match }) => ({ name, match, filter }));
    plane.apply({
      clusters: { upserted: [{ ...plane.cluster('web'), tls }], removed: [] },
      listeners: { upserted: [{ ...rest, filterChains: plain }], removed: [] },
    });
    await until('it listens', () => plane.plane.readiness().ready);
    return plane;
  }

  it('carries what a TCP proxy passes on, with the SNI and ALPN of the configuration', async () => {
    let hello = '';
    const pod = await tlsPod(
      (socket) => {
        hello = `${socket.servername} ${socket.alpnProtocol}`;
        echo(socket);
      },
      { ALPNProtocols: ['x'] },
    );
    const plane = await originating(pod, { validation: CA, applicationProtocols: ['x'] });
    const client = await plane.client();
    client.send('through');
    expect((await client.read(7)).toString()).toBe('through');
    expect(hello).toBe('a.example x');
    expect(await client.finish()).toBe('fin');
    expect((await plane.logged(0)).flags).toBe('');
  });

  it('carries HTTP on connections that are used again', async () => {
    let connections = 0;
    const pod = await tlsPod((socket) => {
      connections += 1;
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
    });
    const plane = await originating(pod, { validation: CA }, HTTP);
    const client = await plane.client();
    for (let i = 0; i < 3; i += 1) expect((await client.ask(get('web'))).text).toBe('ok');
    expect(connections).toBe(1);
  });

  it.each<[string, Partial<UpstreamTlsSpec>]>([
    ['what the system does not trust', {}],
    ['another name than that of the SNI', { sni: 'c.example', validation: CA }],
    [
      'none of the names that are wanted',
      { validation: { ...CA, subjectAltNames: [{ type: 'uri', match: { kind: 'exact', value: 'spiffe://x/y' } }] } },
    ],
    ['another version', { validation: CA, maxVersion: 'TLSv1.2' }],
  ])('speaks to no endpoint that shows %s: UF', async (_, change) => {
    let heard = 0;
    const pod = await tlsPod((socket) => socket.on('data', () => (heard += 1)), { minVersion: 'TLSv1.3' });
    const plane = await originating(pod, change);
    const client = await plane.client();
    client.send('hello');
    await client.finish();
    expect((await plane.logged(0)).flags).toBe('UF');
    expect(heard).toBe(0);
  });

  it.each<[string, Partial<UpstreamTlsSpec>]>([
    ['below a wildcard', { sni: 'x.b.example', validation: CA }],
    [
      'by its SPIFFE id, whatever the SNI',
      {
        sni: 'c.example',
        validation: {
          ...CA,
          subjectAltNames: [
            { type: 'uri', match: { kind: 'exact', value: 'spiffe://cluster.local/ns/default/sa/web' } },
          ],
        },
      },
    ],
    ['without SNI, when the chain is trusted', { sni: '', validation: CA }],
    ['unverified, where it says so', { validation: { acceptUntrusted: true } }],
  ])('speaks to an endpoint that is known %s', async (_, change) => {
    const plane = await originating(await tlsPod(echo), change);
    const client = await plane.client();
    client.send('x');
    expect((await client.read(1)).toString()).toBe('x');
    await client.finish();
  });

  it('shows its own certificate where the endpoint asks for one', async () => {
    const pod = await tlsPod(echo, { requestCert: true, rejectUnauthorized: true, ca: pem('ca.pem') });
    const plane = await originating(pod, { validation: CA, certificate: certificate('client') });
    const client = await plane.client();
    client.send('x');
    expect((await client.read(1)).toString()).toBe('x');
    await client.finish();
  });

  it('fails like any connection to a pod that speaks no TLS', async () => {
    const plane = await originating(await pods.pod((socket) => void socket.write('220 no TLS here\r\n')), {
      validation: CA,
    });
    const client = await plane.client();
    await client.finish();
    expect(await plane.logged(0)).toMatchObject({ flags: 'UF', bytesSent: 0 });
  });
});
