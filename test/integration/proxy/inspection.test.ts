// Promises of listeners that look at a connection before they choose a chain: TLS passed through by its server name, HTTP told from the rest.

import { once } from 'node:events';
import { connect as connectTls, createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { FilterChainMatchSpec } from '../../../src/model/filter-chain-match-spec.ts';
import {
  type FilterChainSpec,
  httpChain,
  type InspectionSpec,
  type ListenerSpec,
} from '../../../src/model/listener-spec.ts';
import { helloMessage, realClientHello, records, serverNameExtension } from '../../support/client-hellos.ts';
import { LISTENER, type LivePlane, type LivePlaneOptions, ROUTES } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { get } from '../../support/raw-client.ts';
import { named } from '../../support/scripted-backend.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { turns, until } from '../../support/until.ts';

const stage = new Stage();
const pods = new TcpPods();

afterEach(async () => {
  await stage.close();
  pods.close();
});

const BOTH: InspectionSpec = { tls: true, http: true, timeoutMs: 1_000, continueOnTimeout: true };

function tcp(cluster: string, match: FilterChainMatchSpec = {}): FilterChainSpec {
  const spec = { statPrefix: cluster, cluster, idleTimeoutMs: 0, maxConnectAttempts: 1 };
  return { name: '', match, filter: { kind: 'tcp', tcp: spec } };
}

function http(match: FilterChainMatchSpec): FilterChainSpec {
  const manager = { statPrefix: LISTENER, routes: { kind: 'rds' as const, name: ROUTES } };
  return { ...httpChain({ ...manager, idleTimeoutMs: 0, requestHeadersTimeoutMs: 0 }), match };
}

async function listening(
  options: LivePlaneOptions,
  filterChains: readonly FilterChainSpec[],
  inspection: Partial<InspectionSpec> = {},
): Promise<LivePlane> {
  const plane = await stage.plane(options);
  const address = { host: '127.0.0.1', port: 0 };
  const spec: ListenerSpec = {
    ...{ name: LISTENER, address, additionalAddresses: [], filterChains },
    inspection: { ...BOTH, ...inspection },
  };
  plane.apply({ listeners: { upserted: [spec], removed: [] } });
  await until('it listens', () => plane.plane.readiness().ready);
  return plane;
}

const BY_NAME = [
  tcp('a', { serverNames: ['a.example'] }),
  tcp('b', { serverNames: ['*.b.example'] }),
  tcp('tls', { transportProtocol: 'tls' }),
  tcp('plain'),
];

async function byName(options: Omit<LivePlaneOptions, 'services'> = {}, inspection = {}): Promise<LivePlane> {
  const names = ['a', 'b', 'tls', 'plain'];
  const services = Object.fromEntries(await Promise.all(names.map(async (name) => [name, [await pods.named(name)]])));
  return listening({ ...options, services }, BY_NAME, inspection);
}

describe('TLS that is passed through', () => {
  it.each([
    ['a.example', 'a'],
    ['A.EXAMPLE', 'a'],
    ['x.y.b.example', 'b'],
    ['b.example', 'tls'],
    ['', 'tls'],
  ])('for %p goes to %s', async (servername, expected) => {
    const plane = await byName();
    const client = await plane.client();
    client.send(await realClientHello({ servername }));
    expect(await client.rest()).toBe(expected);
    await client.finish();
  });

  it('is one whole handshake with the pod, of which nothing was changed', async () => {
    // No certificate is needed to see that both sides speak of the same thing: they agree on a key of their own.
    const psk = { pskCallback: () => KEY, ciphers: 'PSK', maxVersion: 'TLSv1.2' as const };
    const server = createTlsServer(psk, (socket) => void socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const plane = await listening({ services: { a: [{ host: '127.0.0.1', port }] } }, [BY_NAME[0] as FilterChainSpec]);
    const client: TLSSocket = connectTls({
      ...{ port: plane.port, host: '127.0.0.1', servername: 'a.example', ciphers: 'PSK', maxVersion: 'TLSv1.2' },
      pskCallback: () => ({ psk: KEY, identity: 'me' }),
      checkServerIdentity: () => undefined,
    });
    await once(client, 'secureConnect');
    client.write('through');
    expect(String((await once(client, 'data'))[0])).toBe('through');
    client.end();
    await once(client, 'close');
    server.close();
  });

  it('is found when it comes byte by byte in records of two bytes', async () => {
    const plane = await byName();
    const client = await plane.client();
    const hello = records(helloMessage(serverNameExtension('a.example')), 2);
    for (const byte of hello) {
      client.send(Buffer.of(byte));
      await turns(1);
    }
    expect(await client.rest()).toBe('a');
    await client.finish();
  });

  it('that is broken is closed and counted, and so is a ClientHello without end', async () => {
    const plane = await byName();
    const broken = await plane.client();
    broken.send(records(Buffer.of(1, 0, 0, 0)));
    await broken.finish();
    const endless = await plane.client();
    endless.send(records(Buffer.concat([Buffer.of(1, 1, 0, 0), Buffer.alloc(200_000)])));
    await endless.finish();
    expect(plane.stat('listener.127.0.0.1:0.downstream_listener_filter_error')).toBe(2);
    expect(plane.log).toEqual([]);
  });
});

describe('a connection that says nothing', () => {
  it('goes to the chain of what is known after the timeout, where that is wanted', async () => {
    const clock = new ManualClock();
    const plane = await byName({ clock });
    const client = await plane.client();
    await until('it is looked at', () => plane.stat('listener.127.0.0.1:0.downstream_cx_active') === 1);
    clock.advance(1_100);
    expect(await client.rest()).toBe('plain');
    expect(plane.stat('listener.127.0.0.1:0.downstream_pre_cx_timeout')).toBe(1);
    await client.finish();
  });

  it('is closed else', async () => {
    const clock = new ManualClock();
    const plane = await byName({ clock }, { continueOnTimeout: false });
    const client = await plane.client();
    client.send(Buffer.of(22, 3));
    await until('it is looked at', () => plane.stat('listener.127.0.0.1:0.downstream_cx_active') === 1);
    clock.advance(1_100);
    await client.finish();
    expect(plane.log).toEqual([]);
  });

  it('and leaves is forgotten', async () => {
    const plane = await byName();
    const clients = [await plane.client(), await plane.client()];
    await until('they are looked at', () => plane.stat('listener.127.0.0.1:0.downstream_cx_active') === 2);
    clients[0]?.reset();
    await clients[1]?.finish();
    await until('they are gone', () => plane.stat('listener.127.0.0.1:0.downstream_cx_active') === 0);
  });
});

describe('HTTP on a port that nobody has declared', () => {
  const chains = [http({ applicationProtocols: ['http/1.1', 'http/1.0'] }), tcp('plain')];

  it('is routed by request, and everything else is passed on', async () => {
    const [web, plain] = [await stage.backend(named('web')), await pods.echo()];
    const plane = await listening({ services: { web: [web], plain: [plain] } }, chains);
    const caller = await plane.client();
    expect((await caller.ask(get('web', '/one'))).text).toBe('web /one');
    expect((await caller.ask(get('web', '/two'))).text).toBe('web /two');
    const redis = await plane.client();
    redis.send('*1\r\n$4\r\nPING\r\n');
    expect((await redis.read(14)).toString()).toBe('*1\r\n$4\r\nPING\r\n');
    await redis.finish();
    const h2 = await plane.client();
    h2.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect((await h2.read(24)).toString()).toContain('PRI * HTTP/2.0');
    await h2.finish();
  });

  it('is found when its request line comes in pieces, with the body in the last', async () => {
    const web = await stage.backend(async (request, connection) => {
      connection.answer(200, (await request.body).body.toString());
    });
    const plane = await listening({ services: { web: [web], plain: [] } }, chains);
    const caller = await plane.client();
    for (const part of ['PO', 'ST / HTTP/1.1', '\r\nHost: web\r\nContent-Length: 4\r\n\r\nbo', 'dy']) {
      caller.send(part);
      await turns(10);
    }
    expect((await caller.answer()).text).toBe('body');
  });

  it('is closed and counted where no chain takes it', async () => {
    const plane = await listening({ services: { plain: [] } }, [tcp('plain', { transportProtocol: 'tls' })]);
    const caller = await plane.client();
    caller.send(get('web'));
    await caller.finish();
    expect(plane.stat('listener.127.0.0.1:0.no_filter_chain_match')).toBe(1);
  });
});

const KEY = Buffer.alloc(32, 1);
