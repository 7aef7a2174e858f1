// The real Envoy as a client of our control plane obeys routes of Gateway API as our sidecar does.
import { AppMesh } from '../support/app-mesh.ts';
import { EchoPod, echoService, type Seen } from '../support/echo-pods.ts';
import { EnvoyPeer } from '../support/envoy.ts';
import { asked, grpcRoute, httpRoute, observed, wanted } from '../support/gateway-case.ts';
import { GATEWAY_CASES } from '../support/gateway-cases.ts';
import { FURTHER_CASES } from '../support/gateway-further-cases.ts';
import { GrpcCaller } from '../support/grpc-echo.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { RawClient } from '../support/raw-client.ts';
import { waitUntil } from '../support/wait-until.ts';

describeWithPeers('Envoy under our control plane', ['envoy'], (paths) => {
  const mesh = new AppMesh();
  const pods: EchoPod[] = [];
  const envoys = new Map<string, { readonly envoy: EnvoyPeer; readonly port: number }>();
  let written: string[] = [];

  beforeAll(async () => {
    pods.push(await EchoPod.start('v1'), await EchoPod.start('v2'));
    mesh.write(
      echoService('echo', '10.96.0.10', pods) +
        echoService('echo-v1', '10.96.0.11', pods.slice(0, 1)) +
        echoService('echo-v2', '10.96.0.12', pods.slice(1)),
    );
    const plane = await mesh.controlPlane();
    for (const namespace of ['shop', 'consumer', 'other']) {
      const envoy = await EnvoyPeer.start({
        path: paths['envoy'] ?? '',
        xdsPort: plane.port,
        nodeId: `envoy-${namespace}`,
        metadata: { NAMESPACE: namespace, OUTBOUND_ADDRESSES: ['127.0.0.1:0'] },
      });
      envoys.set(namespace, { envoy, port: await envoy.listenerPort('outbound') });
    }
  }, 60_000);

  afterAll(async () => {
    for (const { envoy } of envoys.values()) await envoy.stop();
    await mesh.close();
    for (const pod of pods) pod.close();
  });

  /** In the place of the routes of the test before. */
  function write(manifest: string): void {
    for (const text of written) mesh.remove(text);
    written = [manifest];
    mesh.write(manifest);
  }

  const portOf = (namespace = 'shop'): number => envoys.get(namespace)?.port ?? 0;

  it.each([...GATEWAY_CASES, ...FURTHER_CASES])('keeps $name', async ({ manifest, steps }) => {
    write(manifest);
    for (const [request, expected] of steps) {
      const client = await RawClient.connect(portOf(request.from));
      const shall = JSON.stringify(wanted(expected));
      let last = '';
      // The new routes come in their own time.
      await waitUntil(
        `${JSON.stringify(request)} is answered with ${shall}`,
        async () => {
          last = JSON.stringify(observed(await asked(client, request), expected));
          return last === shall ? true : null;
        },
        5_000,
      ).catch(() => expect({ request, last }).toEqual({ request, last: shall }));
      client.socket.destroy();
    }
  });

  it('shares by weight, and answers 500 for the share of a backend that is not there', async () => {
    const refs =
      '{name: echo-v1, port: 80, weight: 50}, {name: echo-v2, port: 80, weight: 25}, {name: gone, port: 80, weight: 25}';
    write(httpRoute('weight', `- backendRefs: [${refs}]`));
    const client = await RawClient.connect(portOf());
    await waitUntil('the routes have come', async () => ((await asked(client, {})).status === 500 ? true : null));
    const counts: Record<string, number> = { v1: 0, v2: 0, 500: 0 };
    for (let index = 0; index < 400; index += 1) {
      const { status, seen } = await asked(client, {});
      const key = seen?.pod ?? String(status);
      counts[key] = (counts[key] ?? 0) + 1;
    }
    client.socket.destroy();
    expect(Object.keys(counts).sort()).toEqual(['500', 'v1', 'v2']);
    for (const [key, share] of [
      ['v1', 0.5],
      ['v2', 0.25],
      ['500', 0.25],
    ] as const) {
      expect(Math.abs((counts[key] ?? 0) / 400 - share)).toBeLessThan(0.12);
    }
  });

  it('routes calls of gRPC by service and method, and answers UNAVAILABLE where a backend is not there', async () => {
    const rule = (method: string, backend: string) =>
      `- matches: [{method: {${method}}}]\n  backendRefs: [{name: ${backend}, port: 7070}]\n`;
    write(
      grpcRoute('calls', rule('service: test.Echo, method: Unary', 'echo-v2') + rule('service: test.Echo', 'gone')),
    );
    const caller = new GrpcCaller(portOf(), { 'grpc.default_authority': 'echo:7070' });
    await waitUntil('the routes have come', async () => {
      // The routes of the test before lead to pods that speak no gRPC.
      const answer = await caller.unary(Buffer.from('')).catch(() => null);
      return answer !== null && (JSON.parse(String(answer)) as Seen).pod === 'v2' ? true : null;
    });
    await expect(caller.collect([Buffer.from('a')])).rejects.toMatchObject({ code: 14 });
    caller.close();
  });
});
