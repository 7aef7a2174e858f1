// Promises of Service ports of which nobody has said what they speak, with the clients that people use: SMTP, whose servers speak first, HTTP/2, HTTP/1.1 and TLS.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, createServer as createHttpServer, get, type Server as HttpServer } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server, type ServerHttp2Session } from 'node:http2';
import { createServer as createHttpsServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createTransport } from 'nodemailer';
import { SMTPServer } from 'smtp-server';
import { until } from '../../support/until.ts';
import { WAYS, WayIn } from '../../support/ways-in.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/tls');
const IDENTITY = {
  cert: readFileSync(join(FIXTURES, 'server.pem')),
  key: readFileSync(join(FIXTURES, 'server.key')),
};

const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function open(way: (typeof WAYS)[number], port: number): Promise<WayIn> {
  const opened = await WayIn.open(way, { host: '127.0.0.1', port });
  closing.push(() => opened.close());
  return opened;
}

interface Mailbox {
  readonly port: number;
  readonly mails: string[];
  /** Whether the connection was TLS when a mail came. */
  readonly secure: boolean[];
}

/** `dropping`: it closes when a mail begins. */
async function mailbox(dropping = false): Promise<Mailbox> {
  const mails: string[] = [];
  const secure: boolean[] = [];
  const server = new SMTPServer({
    ...IDENTITY,
    onAuth: ({ username, password }, _session, done) => {
      if (username === 'app' && password === 'secret') done(null, { user: username });
      else done(new Error('no'));
    },
    onData: (stream, session, done) => {
      if (dropping) {
        for (const connection of server.connections) connection.close();
        return;
      }
      secure.push(session.secure);
      text(stream).then((mail) => {
        mails.push(mail);
        done();
      }, done);
    },
  });
  server.on('error', () => {});
  const port = await listening(server.server);
  closing.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port, mails, secure };
}

function sender(port: number) {
  const transport = createTransport({
    ...{ host: '127.0.0.1', port, pool: true, maxConnections: 1, requireTLS: true },
    ...{ auth: { user: 'app', pass: 'secret' }, tls: { rejectUnauthorized: false } },
  });
  closing.push(() => transport.close());
  return transport;
}

const MAIL = { from: 'a@a.example', to: 'b@b.example', subject: 'hello' };

describe.each(WAYS)('through %s', (way) => {
  it('mails are sent with login and STARTTLS, a large one whole, and another after 50 idle minutes', async () => {
    const box = await mailbox();
    const opened = await open(way, box.port);
    const transport = sender(opened.port);
    await transport.sendMail({ ...MAIL, text: 'first' });
    await transport.sendMail({ ...MAIL, text: `${'x'.repeat(76)}\n`.repeat(50_000) });
    opened.clock.advance(50 * 60_000);
    await transport.sendMail({ ...MAIL, text: 'last' });
    expect(box.mails.map((mail) => mail.length > 3_800_000)).toEqual([false, true, false]);
    expect(box.mails[2]).toContain('last');
    expect(box.secure).toEqual([true, true, true]);
    transport.close();
    const found = () => opened.plane.log.map(({ details }) => details).filter((details) => details.startsWith('tcp'));
    await until('it is logged', () => found().length > 0);
    expect(found()).toEqual(['tcp: the server spoke first']);
  });

  it('mail is refused with an error where the server closes in the middle of it', async () => {
    const opened = await open(way, (await mailbox(true)).port);
    await expect(sender(opened.port).sendMail({ ...MAIL, text: 'lost' })).rejects.toThrow();
  });

  it('HTTP/2 with prior knowledge is routed stream by stream', async () => {
    const server = createHttp2Server((_request, response) => response.end('hello'));
    const sessions = new Set<ServerHttp2Session>();
    server.on('session', (session) => sessions.add(session));
    const port = await listening(server);
    closing.push(() => {
      for (const session of sessions) session.destroy();
      server.close();
    });
    const opened = await open(way, port);
    opened.plane.apply({
      clusters: {
        upserted: opened.plane.plane.clusters.map(({ spec }) => ({ ...spec, protocol: 'http2' })),
        removed: [],
      },
    });
    const client = connectHttp2(`http://127.0.0.1:${opened.port}`);
    closing.push(() => client.destroy());
    for (let i = 0; i < 3; i += 1) expect(await text(client.request({ ':path': '/' }))).toBe('hello');
    await until('they are logged', () => opened.plane.log.filter(({ method }) => method === 'GET').length === 3);
    expect(opened.plane.stat('http.outbound.detection_http2')).toBe(1);
  });

  it('HTTP/1.1 of a client that keeps its connection is routed request by request', async () => {
    const server: HttpServer = createHttpServer((_request, response) => response.end('hello'));
    const port = await listening(server);
    closing.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const opened = await open(way, port);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    closing.push(() => agent.destroy());
    for (let i = 0; i < 3; i += 1) {
      const request = get({ host: '127.0.0.1', port: opened.port, agent });
      const [answer] = await once(request, 'response');
      expect(await text(answer)).toBe('hello');
    }
    await until('they are logged', () => opened.plane.log.filter(({ method }) => method === 'GET').length === 3);
    expect(opened.plane.stat('http.outbound.detection_http1')).toBe(1);
  });

  it('TLS goes to the server as it is, which shows its own certificate', async () => {
    const server = createHttpsServer(IDENTITY, (_request, response) => response.end('hello'));
    const port = await listening(server);
    closing.push(
      () => server.close(),
      () => server.closeAllConnections(),
    );
    const opened = await open(way, port);
    const trusted = { ca: readFileSync(join(FIXTURES, 'ca.pem')), servername: 'a.example', agent: false };
    const request = httpsRequest({ host: '127.0.0.1', port: opened.port, ...trusted });
    request.end();
    const [answer] = await once(request, 'response');
    expect(await text(answer)).toBe('hello');
    await until('it is logged', () => opened.plane.log.some(({ details }) => details === 'tls: TLS for a.example'));
  });
});
