// Promises of certificates in files: changed ones serve new connections, bad ones change nothing and are told, old connections go on.

import { once } from 'node:events';
import { copyFileSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect, createServer, type TLSSocket } from 'node:tls';
import type { ListenerSpec } from '../../../src/model/listener-spec.ts';
import type { UpstreamTlsSpec } from '../../../src/model/tls-spec.ts';
import { POLL_MS } from '../../../src/proxy/tls/tls-files.ts';
import { LISTENER, type LivePlane } from '../../support/live-plane.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { Stage } from '../../support/stage.ts';
import { TcpPods } from '../../support/tcp-pods.ts';
import { TempFolder } from '../../support/temp-folder.ts';
import { until } from '../../support/until.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tls');
const pem = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const stage = new Stage();
const pods = new TcpPods();
const callers: TLSSocket[] = [];
const closing: (() => void)[] = [];

afterEach(async () => {
  for (const caller of callers.splice(0)) caller.destroy();
  for (const close of closing.splice(0)) close();
  await stage.close();
  pods.close();
});

const BASE = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', applicationProtocols: [] } as const;

/** As Kubernetes makes it of a Secret: names lead through `..data`, which leads to the newest version. */
class SecretFolder extends TempFolder {
  #version = 0;

  constructor() {
    super();
    for (const name of ['tls.crt', 'tls.key', 'ca.crt']) symlinkSync(join('..data', name), this.at(name));
  }

  /** All files at once. */
  put(from: string, ca = 'ca'): void {
    this.#version += 1;
    const version = `..v${this.#version}`;
    mkdirSync(this.at(version));
    for (const [name, source] of [
      ['tls.crt', `${from}.pem`],
      ['tls.key', `${from}.key`],
      ['ca.crt', `${ca}.pem`],
    ] as const) {
      copyFileSync(join(FIXTURES, source), join(this.at(version), name));
    }
    symlinkSync(version, this.at('..data_tmp'));
    renameSync(this.at('..data_tmp'), this.at('..data'));
  }
}

function secretOf(from: string): SecretFolder {
  const secret = new SecretFolder();
  closing.push(() => secret.remove());
  secret.put(from);
  return secret;
}

const certificateIn = (secret: TempFolder) => ({
  chain: { kind: 'file' as const, path: secret.at('tls.crt') },
  privateKey: { kind: 'file' as const, path: secret.at('tls.key') },
});

async function terminating(secret: TempFolder, clock: ManualClock): Promise<LivePlane> {
  const plane = await stage.plane({ services: { web: [await pods.echo()] }, clock });
  const tcp = { statPrefix: 'web', cluster: 'web', idleTimeoutMs: 0, maxConnectAttempts: 1 };
  const tls = { ...BASE, certificate: certificateIn(secret), requireClientCertificate: false };
  const listener: ListenerSpec = {
    ...{ name: LISTENER, address: { host: '127.0.0.1', port: 0 }, additionalAddresses: [] },
    filterChains: [{ name: '', match: {}, filter: { kind: 'tcp', tcp }, tls }],
  };
  plane.apply({ listeners: { upserted: [listener], removed: [] } });
  await until('it listens', () => plane.plane.readiness().ready);
  return plane;
}

async function caller(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  callers.push(socket);
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

async function subjectOf(plane: LivePlane): Promise<string | string[] | undefined> {
  const socket = await caller(plane.port);
  // Whoever leaves in the middle of a handshake is waited for.
  socket.write('x');
  await once(socket, 'data');
  const { CN } = socket.getPeerCertificate().subject;
  socket.end();
  await once(socket, 'close');
  return CN;
}

const RELOADED = 'listener.127.0.0.1:0.ssl.files_reloaded';
const REFUSED = 'listener.127.0.0.1:0.ssl.files_refused';

describe('a certificate of a listener in files', () => {
  it('is the new one for new connections within 5 s of the swap of a link, and old connections go on', async () => {
    const clock = new ManualClock();
    const secret = secretOf('server');
    const plane = await terminating(secret, clock);
    const old = await caller(plane.port);
    const before = await subjectOf(plane);
    secret.put('stray');
    expect(await subjectOf(plane)).toBe(before);
    clock.advance(POLL_MS);
    expect(await subjectOf(plane)).not.toBe(before);
    old.write('still here');
    expect(String((await once(old, 'data'))[0])).toBe('still here');
    expect([plane.stat(RELOADED), plane.stat(REFUSED)]).toEqual([1, 0]);
  });

  it('is the new one after one file was renamed over another, and the last good one until its key fits', async () => {
    const clock = new ManualClock();
    const folder = new TempFolder();
    closing.push(() => folder.remove());
    const put = (from: string, to: string): void => folder.replace(to, pem(from));
    put('server.pem', 'tls.crt');
    put('server.key', 'tls.key');
    const plane = await terminating(folder, clock);
    const before = await subjectOf(plane);
    put('stray.pem', 'tls.crt');
    clock.advance(POLL_MS);
    expect(await subjectOf(plane)).toBe(before);
    expect([plane.stat(RELOADED), plane.stat(REFUSED)]).toEqual([0, 1]);
    put('stray.key', 'tls.key');
    clock.advance(POLL_MS);
    expect(await subjectOf(plane)).not.toBe(before);
    expect([plane.stat(RELOADED), plane.stat(REFUSED)]).toEqual([1, 1]);
  });

  it.each(['cut short', 'gone'])('stays the last good one where a file is %s, told once', async (how) => {
    const clock = new ManualClock();
    const secret = secretOf('server');
    const plane = await terminating(secret, clock);
    const before = await subjectOf(plane);
    if (how === 'gone') secret.remove('..data');
    else writeFileSync(secret.at('tls.crt'), '-----BEGIN CERTIFICATE-----\nMIIB');
    clock.advance(4 * POLL_MS);
    expect(await subjectOf(plane)).toBe(before);
    expect([plane.stat(RELOADED), plane.stat(REFUSED)]).toEqual([0, 1]);
  });

  it('is not read again for a listener that is gone', async () => {
    const clock = new ManualClock();
    const secret = secretOf('server');
    const plane = await terminating(secret, clock);
    const timers = clock.pendingTimers;
    plane.apply({ listeners: { upserted: [], removed: [LISTENER] } });
    expect(clock.pendingTimers).toBe(timers - 1);
  });
});

describe('certificates of a cluster in files', () => {
  async function originating(clock: ManualClock, tls: Partial<UpstreamTlsSpec>) {
    const seen: string[] = [];
    const identity = { cert: pem('server.pem'), key: pem('server.key') };
    const server = createServer({ ...identity, requestCert: true, rejectUnauthorized: false }, (socket) => {
      socket.on('error', () => {});
      seen.push(String(socket.getPeerCertificate().subject?.CN));
      socket.end('hello');
    });
    closing.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    const spec: UpstreamTlsSpec = { ...BASE, sni: 'a.example', ...tls };
    const plane = await stage.plane({
      services: { web: [{ host: '127.0.0.1', port }] },
      clock,
      cluster: { tls: spec },
    });
    const tcp = { statPrefix: 'web', cluster: 'web', idleTimeoutMs: 0, maxConnectAttempts: 1 };
    const listener = {
      ...plane.listener(),
      filterChains: [{ name: '', match: {}, filter: { kind: 'tcp' as const, tcp } }],
    };
    plane.apply({ listeners: { upserted: [listener], removed: [] } });
    await until('it listens', () => plane.plane.readiness().ready);
    return { plane, seen };
  }

  async function answerOf(plane: LivePlane): Promise<string> {
    const client = await plane.client();
    const answer = await client.rest().catch((error: NodeJS.ErrnoException) => String(error.code));
    await client.finish();
    return answer;
  }

  it('are the new ones for new connections: what we show, and whom we trust', async () => {
    const clock = new ManualClock();
    const secret = secretOf('client');
    const { plane, seen } = await originating(clock, {
      certificate: certificateIn(secret),
      validation: { trustedCa: { kind: 'file', path: secret.at('ca.crt') } },
    });
    expect(await answerOf(plane)).toBe('hello');
    secret.put('stray', 'stray');
    clock.advance(POLL_MS);
    expect(await answerOf(plane)).not.toBe('hello');
    expect(plane.stat('cluster.web.ssl.files_reloaded')).toBe(1);
    secret.put('stray', 'ca');
    clock.advance(POLL_MS);
    expect(await answerOf(plane)).toBe('hello');
    expect(new Set(seen).size).toBe(2);
    expect(plane.stat('cluster.web.ssl.files_refused')).toBe(0);
  });
});
