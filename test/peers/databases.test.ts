// Promises of Service ports of which nobody has said what they speak, with servers and clients that nobody here wrote: MySQL, whose servers speak first; Redis and Postgres, whose clients do.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  type DatabaseServer,
  type StartServer,
  startMariadb,
  startPostgres,
  startRedis,
  startRedisWithTls,
} from '../support/database-servers.ts';
import { describeWithPeers, type PeerPaths } from '../support/peer-suite.ts';
import { turns, until } from '../support/until.ts';
import { WAYS, WayIn } from '../support/ways-in.ts';

interface Database {
  readonly name: string;
  readonly start: StartServer;
  /** A client that reads commands from its input and answers each at once. */
  readonly client: (paths: PeerPaths, port: number, tls: boolean) => readonly string[];
  /** Answers `12`. */
  readonly query: string;
  /** Ends its own connection at the server. */
  readonly kill: string;
  /** What the client says then. */
  readonly killed: RegExp;
  /** Its clients may turn to TLS, and read results in pieces: what answers with so many bytes at least. */
  readonly large?: readonly [command: string, bytes: number];
  readonly found: RegExp;
}

const LARGE = 32 * 1024 * 1024;

const POSTGRES: Database = {
  name: 'Postgres',
  start: startPostgres,
  client: (paths, port, tls) => [
    ...[paths['psql'] ?? '', '-X', '-A', '-t', '-q'],
    `host=127.0.0.1 port=${port} user=app dbname=postgres sslmode=${tls ? 'require' : 'disable'}`,
  ],
  query: 'SELECT 3 * 4;',
  kill: 'SELECT pg_terminate_backend(pg_backend_pid());',
  killed: /terminating connection due to administrator command/,
  large: [`COPY (SELECT repeat('x', 1023) FROM generate_series(1, ${LARGE / 1024})) TO STDOUT;`, LARGE],
  // An SSLRequest is eight bytes of its own.
  found: /^tcp: bytes that are neither HTTP nor TLS$/,
};

const MARIADB: Database = {
  name: 'MySQL (MariaDB)',
  start: startMariadb,
  client: (paths, port, tls) => [
    ...[
      paths['mariadb'] ?? '',
      '--no-defaults',
      '--unbuffered',
      '--quick',
      '--skip-column-names',
      '--batch',
      '--protocol=tcp',
      '--database=mysql',
    ],
    ...[
      '--host=127.0.0.1',
      `--port=${port}`,
      '--user=root',
      ...(tls ? ['--ssl', '--skip-ssl-verify-server-cert'] : ['--skip-ssl']),
    ],
  ],
  query: 'SELECT 3 * 4;',
  kill: 'KILL CONNECTION_ID();',
  killed: /Lost connection|Connection was killed|gone away/,
  large: [`SELECT REPEAT('x', 1023) FROM seq_1_to_${LARGE / 1024};`, LARGE],
  found: /^tcp: the server spoke first/,
};

const REDIS: Database = {
  name: 'Redis',
  start: startRedis,
  client: (paths, port) => [paths['redis-cli'] ?? '', '-h', '127.0.0.1', '-p', String(port)],
  query: 'EVAL "return 3 * 4" 0',
  kill: 'CLIENT KILL TYPE normal SKIPME no',
  // It says how many it has killed, then closes.
  killed: /^1/,
  found: /^tcp: bytes that are neither HTTP nor TLS$/,
};

const REDIS_WITH_TLS: Database = {
  ...REDIS,
  name: 'Redis with TLS',
  start: startRedisWithTls,
  client: (paths, port) => [...REDIS.client(paths, port, true), '--tls', '--insecure'],
  found: /^tls: TLS$/,
};

class Client {
  readonly #child: ChildProcess;
  said = '';

  constructor([program = '', ...args]: readonly string[]) {
    this.#child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin?.on('error', () => {});
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on('data', (bytes: Buffer) => {
        this.said += bytes;
      });
    }
  }

  /** Sends a command, and waits until what has been said since matches. */
  async ask(command: string, wanted: RegExp): Promise<void> {
    this.said = '';
    this.#child.stdin?.write(`${command}\n`);
    const deadline = performance.now() + 20_000;
    while (!wanted.test(this.said)) {
      if (performance.now() > deadline) throw new Error(`"${command}" is answered by: ${this.said.slice(0, 500)}`);
      await turns(1);
    }
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.stdin?.end();
    await once(this.#child, 'exit');
  }
}

describeWithPeers(
  'clients of databases',
  ['redis-server', 'redis-cli', 'mariadbd', 'mariadb-install-db', 'mariadb', 'postgres', 'initdb', 'psql'],
  (paths) => {
    describe.each([POSTGRES, MARIADB, REDIS, REDIS_WITH_TLS])('of $name', (database) => {
      let server: DatabaseServer | null = null;
      let way: WayIn | null = null;
      const clients: Client[] = [];

      beforeAll(async () => {
        server = await database.start(paths);
      }, 60_000);

      afterEach(async () => {
        for (const client of clients.splice(0)) await client.end();
        await way?.close();
        way = null;
      });

      afterAll(() => server?.close());

      function clientOf(port: number, tls = false): Client {
        const client = new Client(database.client(paths, port, tls));
        clients.push(client);
        return client;
      }

      async function open(name: (typeof WAYS)[number]): Promise<WayIn> {
        way = await WayIn.open(name, server as DatabaseServer);
        return way;
      }

      it.each(WAYS)(
        'through %s log in, ask, stay idle for 50 minutes and ask again',
        async (name) => {
          const opened = await open(name);
          const client = clientOf(opened.port);
          await client.ask(database.query, /12/);
          opened.clock.advance(50 * 60_000);
          await client.ask(database.query, /12/);
          await client.end();
          await until(
            'it is logged',
            () => opened.plane.log.some(({ details }) => database.found.test(details)),
            () => opened.plane.log.map(({ details }) => details),
          );
        },
        30_000,
      );

      it.each(WAYS)(
        'through %s see the server close in the middle, and come again',
        async (name) => {
          const opened = await open(name);
          const client = clientOf(opened.port);
          await client.ask(database.query, /12/);
          await client.ask(database.kill, database.killed);
          await clientOf(opened.port).ask(database.query, /12/);
        },
        30_000,
      );

      const { large } = database;
      if (large !== undefined) {
        it.each(WAYS)(
          'through %s speak TLS inside',
          async (name) => {
            const opened = await open(name);
            await clientOf(opened.port, true).ask(database.query, /12/);
          },
          30_000,
        );

        it.each(WAYS)(
          'through %s read a large result at their own speed',
          async (name) => {
            const opened = await open(name);
            const [program = '', ...args] = database.client(paths, opened.port, false);
            const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
            const [command, bytes] = large;
            child.stdin.end(`${command}\n`);
            await held(opened);
            expect(opened.given).toBeLessThan(bytes / 2);
            expect((await text(child.stdout)).length).toBeGreaterThanOrEqual(bytes);
          },
          60_000,
        );
      }
    });

    it.each(WAYS)(
      'of Redis that read slowly through %s get a large value whole',
      async (name) => {
        const server = await startRedis(paths);
        const opened = await WayIn.open(name, server);
        try {
          const client = connect({ port: opened.port, host: '127.0.0.1' });
          client.write(`EVAL "redis.call('SET', 'big', string.rep('x', ${LARGE})) return 1" 0\r\n`);
          expect(String((await once(client, 'data'))[0])).toBe(':1\r\n');
          client.pause();
          client.write('GET big\r\nQUIT\r\n');
          await held(opened);
          expect(opened.given).toBeLessThan(LARGE / 2);
          expect((await text(client)).length).toBe(`$${LARGE}\r\n`.length + LARGE + '\r\n+OK\r\n'.length);
        } finally {
          await opened.close();
          await server.close();
        }
      },
      60_000,
    );
  },
);

/** Something has come, and nothing more for many turns: whoever sends is kept waiting. */
async function held(way: WayIn): Promise<void> {
  for (let before = -1; way.given === 0 || way.given !== before; ) {
    before = way.given;
    await turns(2_000);
  }
}
