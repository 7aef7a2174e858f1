// Two ways to a Service port of which nobody has said what it speaks, each behind an ordinary port that any client can dial: CONNECT, and redirection.
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { LivePlane, type TestAddress } from './live-plane.ts';
import { ManualClock } from './manual-clock.ts';
import { nameOf, ScriptedDemand } from './scripted-demand.ts';
import { until } from './until.ts';

export const WAYS = ['a CONNECT tunnel', 'a redirected connection'] as const;
export type Way = (typeof WAYS)[number];

const VIP = { host: '10.96.0.5', port: 80 };
const ESTABLISHED = 'HTTP/1.1 200 Connection Established\r\n\r\n';
/** So fast does time pass: silent callers get their pods soon, whatever else the machine does. */
const TICK_MS = 10;

export class WayIn {
  readonly plane: LivePlane;
  readonly clock: ManualClock;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ticker: NodeJS.Timeout;
  readonly #way: Way;
  /** Bytes that clients have been given. */
  given = 0;

  private constructor(way: Way, plane: LivePlane, clock: ManualClock) {
    this.#way = way;
    this.plane = plane;
    this.clock = clock;
    this.#server = createServer({ allowHalfOpen: true }, (client) => void this.#lead(client));
    this.#ticker = setInterval(() => clock.advance(TICK_MS), 1);
  }

  static async open(way: Way, endpoint: TestAddress): Promise<WayIn> {
    const clock = new ManualClock();
    const plane = await (way === 'a CONNECT tunnel' ? tunnelled(endpoint, clock) : redirected(endpoint, clock));
    const opened = new WayIn(way, plane, clock);
    opened.#server.listen(0, '127.0.0.1');
    await once(opened.#server, 'listening');
    return opened;
  }

  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === 'object' ? address.port : 0;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    try {
      await this.plane.close();
    } finally {
      clearInterval(this.#ticker);
    }
  }

  async #lead(client: Socket): Promise<void> {
    const through = connect({ port: this.plane.port, host: '127.0.0.1', allowHalfOpen: true });
    for (const socket of [client, through]) {
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => this.#sockets.delete(socket));
    }
    client.on('close', () => through.destroy());
    through.on('close', () => client.destroySoon());
    if (this.#way === 'a CONNECT tunnel') await establish(through);
    through.on('data', (bytes: Buffer) => {
      this.given += bytes.length;
    });
    through.pipe(client);
    client.pipe(through);
  }
}

async function establish(through: Socket): Promise<void> {
  through.write('CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n');
  let answer = '';
  while (!answer.endsWith('\r\n\r\n')) {
    await once(through, 'readable');
    // No more than the head: what follows it is the server's.
    for (let byte = through.read(1); byte !== null; byte = answer.endsWith('\r\n\r\n') ? null : through.read(1))
      answer += byte;
  }
  if (answer !== ESTABLISHED) through.destroy();
}

function tunnelled(endpoint: TestAddress, clock: ManualClock): Promise<LivePlane> {
  return LivePlane.start({ services: { web: [endpoint] }, cluster: { appProtocol: 'detect' }, clock });
}

async function redirected(endpoint: TestAddress, clock: ManualClock): Promise<LivePlane> {
  const demand = new ScriptedDemand();
  const plane = await LivePlane.start({ onDemand: demand.spec(), originalDestination: { of: () => VIP }, clock });
  demand.sink = plane.plane;
  const listener = { ...plane.listener(0, { kind: 'on-demand' }), originalDestination: 'match' as const };
  plane.apply({ listeners: { upserted: [listener], removed: [] } });
  demand.names([nameOf('web', 'default', [VIP.host])]);
  const first = connect({ port: plane.port, host: '127.0.0.1' });
  first.on('error', () => {});
  await until('it waits', () => plane.stat('control_plane.on_demand_waiting') === 1);
  first.resetAndDestroy();
  await until('it is gone', () => plane.plane.activeRequests === 0);
  demand.deliver('web', [endpoint], { cluster: { appProtocol: 'detect' } });
  // Routes without anybody who waits for them are taken at the next question.
  await until('it is held', () => plane.stat('control_plane.on_demand_held') === 1);
  return plane;
}
