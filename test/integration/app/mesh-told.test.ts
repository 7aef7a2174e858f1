// When the local mesh counts as told: a control plane's two pages, as a test writes them.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MeshTold } from '../../../src/app/mesh-told.ts';
import type { PodRow } from '../../../src/local/events.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { until } from '../../support/until.ts';

const WEB: PodRow = {
  namespace: 'default',
  name: 'web-1',
  address: '127.1.0.2',
  ports: [8080],
  state: 'ready',
  restarts: 0,
  outbound: [],
};
const CLIENT: PodRow = { ...WEB, name: 'client', outbound: ['127.1.0.1:15001'] };
const held = (name: string, ready = true) => ({ namespace: 'default', name, ready });

const client = (synced: boolean) => ({ types: [{ synced: true }, { synced }] });

let server: Server;
let pages: { pods: unknown; clients: unknown };
let asked = 0;
let told = 0;
let clock: ManualClock;
let mesh: MeshTold;

beforeEach(async () => {
  asked = 0;
  told = 0;
  clock = new ManualClock();
  server = createServer((request, response) => {
    if (request.url === '/debug/pods') asked += 1;
    response.end(JSON.stringify(request.url === '/debug/pods' ? { pods: pages.pods } : { clients: pages.clients }));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  mesh = new MeshTold({
    clock,
    adminAddress: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    pods: () => [WEB, CLIENT],
    onTold: () => {
      told += 1;
    },
  });
});

afterEach(() => {
  mesh.close();
  server.closeAllConnections();
  server.close();
});

/** Looks once more, and a last time when the control plane has come to hold what `better` says. */
async function expectTold(better: typeof pages): Promise<void> {
  mesh.look();
  await until('it is asked', () => asked === 1);
  for (let looks = 2; looks <= 3; looks += 1) {
    await until('it is asked again', () => {
      clock.advance(50);
      return asked >= looks;
    });
  }
  expect(told).toBe(0);
  pages = better;
  await until('it is told', () => {
    clock.advance(50);
    return told === 1;
  });
  const before = asked;
  clock.advance(500);
  expect([told, asked]).toEqual([1, before]);
}

const ALL = { pods: [held('web-1'), held('client')], clients: [client(true)] };

describe('the local mesh is told', () => {
  it('when the control plane knows every ready pod', async () => {
    pages = { ...ALL, pods: [held('web-1', false), held('client')] };
    await expectTold(ALL);
  });

  it('when no change waits for others', async () => {
    pages = { ...ALL, pods: null };
    await expectTold(ALL);
  });

  it('when every sidecar is a client', async () => {
    pages = { ...ALL, clients: [] };
    await expectTold(ALL);
  });

  it('when every client has the newest', async () => {
    pages = { ...ALL, clients: [client(true), client(false)] };
    await expectTold(ALL);
  });

  it('not while the control plane answers with something else', async () => {
    pages = { pods: 'no', clients: 7 };
    await expectTold(ALL);
  });

  it('to nobody after it was closed', async () => {
    pages = ALL;
    mesh.look();
    mesh.close();
    await until('it is asked', () => asked === 1);
    clock.advance(1_000);
    expect(told).toBe(0);
  });
});
