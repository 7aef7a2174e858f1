// The forgetful shopper by every protocol: sessions of routes of Gateway API, over HTTP/2, gRPC and WebSocket, through a rolling restart of all pods.
import type { Endpoint } from '../../../src/proxy/endpoint/endpoint.ts';
import { AppMesh } from '../../support/app-mesh.ts';
import { GrpcEcho } from '../../support/grpc-echo.ts';
import { Rollout, type RolloutBackend, type RolloutService, scriptedPod } from '../../support/rollout.ts';
import { Town } from '../../support/shoppers.ts';
import { until } from '../../support/until.ts';
import { CART, type OpenWay, overGrpc, overHttp2, overWebSocket } from '../../support/ways-to-shop.ts';
import { wsPod } from '../../support/websockets.ts';

const SHOPPERS = 60;
const PODS = 3;
const LANES = 4;

let mesh: AppMesh;

beforeEach(() => {
  mesh = new AppMesh();
});

afterEach(() => mesh.close());

interface Protocol {
  readonly name: string;
  readonly kind: 'HTTPRoute' | 'GRPCRoute';
  readonly type: 'Cookie' | 'Header';
  readonly service: RolloutService;
  readonly startPod: (name: string) => Promise<RolloutBackend>;
  readonly openWay: OpenWay;
}

const PROTOCOLS: readonly Protocol[] = [
  {
    ...{ name: 'HTTP/2, with pods of HTTP/1.1', kind: 'HTTPRoute', type: 'Cookie' },
    ...{ service: {}, startPod: scriptedPod, openWay: overHttp2 },
  },
  {
    ...{ name: 'gRPC metadata', kind: 'GRPCRoute', type: 'Header', service: { port: ', appProtocol: grpc' } },
    startPod: (name) => GrpcEcho.start({ unary: (_call, done) => done(null, Buffer.from(name)) }),
    openWay: overGrpc,
  },
  {
    ...{ name: 'WebSockets', kind: 'HTTPRoute', type: 'Cookie', service: {} },
    startPod: (name) => wsPod((socket) => socket.send(name)),
    openWay: overWebSocket,
  },
];

function routeOf({ kind, type }: Protocol): string {
  return `---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: {name: shop, namespace: default}
spec:
  parentRefs: [{group: "", kind: Service, name: shop}]
  rules:
  - backendRefs: [{name: shop, port: 80}]
    sessionPersistence: {type: ${type}, sessionName: ${CART}, absoluteTimeout: 8h, idleTimeout: 1h}
`;
}

it.each(PROTOCOLS)(
  '$name: sessions live through a rolling restart, none moves before its pod is gone, each moves once',
  async (protocol) => {
    const rollout = new Rollout(mesh, protocol.startPod, protocol.service);
    mesh.atEnd(() => rollout.close());
    await rollout.start(PODS, 'blue');
    mesh.write(routeOf(protocol));
    const planes = [await mesh.controlPlane(), await mesh.controlPlane()];
    const sidecars = await Promise.all(planes.map(({ port }) => mesh.sidecar(port)));
    const open = () => Promise.all(sidecars.map(({ port }) => protocol.openWay(port(), (end) => mesh.atEnd(end))));
    const endpoints = (): Endpoint[][] =>
      sidecars.map(({ app }) => app.dataPlane.clusters.flatMap((cluster) => [...cluster.endpoints]));
    const everywhere = (what: string, holds: (all: readonly Endpoint[]) => boolean) =>
      until(`both sidecars know ${what}`, () => endpoints().every(holds));

    const town = new Town(SHOPPERS);
    town.connect(await Promise.all(Array.from({ length: LANES }, open)));
    await town.shop(town.shoppers);
    await town.shop(town.shoppers);
    expect(new Set(town.shoppers.map(({ home }) => home)).size).toBe(PODS);

    for (const old of [...rollout.pods]) {
      const fresh = await rollout.add('green');
      await everywhere('the new pod', (all) => all.some(({ spec }) => spec.pod?.name === fresh.name));
      rollout.terminate(old);
      await everywhere('that it ends', (all) =>
        all.some(({ spec, health }) => spec.pod?.name === old.name && health === 'draining'),
      );
      const its = town.of(old);
      await town.shop(its);
      expect(its.filter(({ home }) => home !== old.name)).toEqual([]);
      town.gone.add(old.name);
      await Promise.all([rollout.remove(old), town.shop(its)]);
      await everywhere('that it is gone', (all) => all.every(({ spec }) => spec.pod?.name !== old.name));
      await town.shop(its);
    }
    await town.shop(town.shoppers);
    expect(town.strays).toEqual([]);
    expect(town.shoppers.filter(({ moves }) => moves !== 1)).toEqual([]);
    expect(town.shoppers.filter(({ home }) => !home.startsWith('shop-green-'))).toEqual([]);
    expect(town.shoppers.filter(({ token }) => token.length !== 42)).toEqual([]);
  },
  120_000,
);
