// The promises of Gateway API's conformance tests for meshes, from manifests to pods on real sockets, and what the pods saw.
import { seededRandom } from '../../../src/base/random.ts';
import { AppMesh } from '../../support/app-mesh.ts';
import { EchoPod, echoService, type Seen } from '../../support/echo-pods.ts';
import { asked, type CaseAnswer, grpcRoute, httpRoute, observed, wanted } from '../../support/gateway-case.ts';
import { GATEWAY_CASES } from '../../support/gateway-cases.ts';
import { FURTHER_CASES } from '../../support/gateway-further-cases.ts';
import { GrpcCaller } from '../../support/grpc-echo.ts';
import type { RawClient } from '../../support/raw-client.ts';

const VIPS = { echo: '10.96.0.10', 'echo-v1': '10.96.0.11', 'echo-v2': '10.96.0.12' };

let mesh: AppMesh;
let v1: EchoPod;
let v2: EchoPod;

beforeEach(async () => {
  mesh = new AppMesh();
  [v1, v2] = await Promise.all([EchoPod.start('v1'), EchoPod.start('v2')]);
  mesh.write(
    echoService('echo', VIPS.echo, [v1, v2]) +
      echoService('echo-v1', VIPS['echo-v1'], [v1]) +
      echoService('echo-v2', VIPS['echo-v2'], [v2]),
  );
});

afterEach(async () => {
  await mesh.close();
  v1.close();
  v2.close();
});

/** Clients of one sidecar for each namespace that a request comes from. */
function callers(xdsPort: number, scope: string): (namespace: string) => Promise<RawClient> {
  const known = new Map<string, Promise<RawClient>>();
  const start = async (namespace: string): Promise<RawClient> => {
    const env = { SWITCHBOARD_POD_NAMESPACE: namespace, SWITCHBOARD_XDS_SCOPE: scope };
    return (await mesh.sidecar(xdsPort, env, undefined, { random: seededRandom(1) })).client();
  };
  return (namespace) => {
    const client = known.get(namespace) ?? start(namespace);
    known.set(namespace, client);
    return client;
  };
}

const AT_ONCE = 25;

/** Share of the pod v1 among so many answers, a multiple of AT_ONCE; `atOnce`: where nothing forbids it. */
async function shareOfV1(count: number, ask: () => Promise<string>, atOnce = 1): Promise<number> {
  let first = 0;
  for (let done = 0; done < count; done += atOnce) {
    const pods = await Promise.all(Array.from({ length: atOnce }, ask));
    first += pods.filter((pod) => pod === 'v1').length;
  }
  return first / count;
}

describe.each(['on-demand', 'all'])('a mesh with Gateway API, whose sidecars hold %s', (scope) => {
  it.each([...GATEWAY_CASES, ...FURTHER_CASES])('keeps $name', async ({ manifest, steps }) => {
    mesh.write(manifest);
    const plane = await mesh.controlPlane();
    const clientOf = callers(plane.port, scope);
    for (const [request, expected] of steps) {
      const answer = await asked(await clientOf(request.from ?? 'shop'), request);
      expect({ request, ...(observed(answer, expected) as object) }).toEqual({
        request,
        ...(wanted(expected) as object),
      });
    }
  });

  it('keeps MeshHTTPRouteWeight: 70 to 30 of 500 requests, within 5 percent', async () => {
    mesh.write(
      httpRoute(
        'weight',
        '- backendRefs: [{name: echo-v1, port: 80, weight: 70}, {name: echo-v2, port: 80, weight: 30}]',
      ),
    );
    const plane = await mesh.controlPlane();
    const client = await callers(plane.port, scope)('shop');
    const share = await shareOfV1(500, async () => (await asked(client, {})).seen?.pod ?? '');
    expect(Math.abs(share - 0.7)).toBeLessThan(0.05);
  }, 30_000);

  it('keeps MeshGRPCRouteWeight: 70 to 30 of 500 calls, with a backend of weight 0 that is not there', async () => {
    mesh.write(
      grpcRoute(
        'weight',
        '- backendRefs: [{name: echo-v1, port: 7070, weight: 70}, {name: echo-v2, port: 7070, weight: 30}, {name: echo-v3, port: 7070, weight: 0}]',
      ),
    );
    const plane = await mesh.controlPlane();
    const { call } = await grpcCaller(plane.port, scope);
    const share = await shareOfV1(500, async () => (await call()).pod, AT_ONCE);
    expect(Math.abs(share - 0.7)).toBeLessThan(0.05);
  }, 30_000);

  it('answers 500 for the share of a backend that is not there', async () => {
    mesh.write(httpRoute('half', '- backendRefs: [{name: echo-v1, port: 80}, {name: gone, port: 80}]'));
    const plane = await mesh.controlPlane();
    const client = await callers(plane.port, scope)('shop');
    const statuses = [];
    for (let index = 0; index < 200; index += 1) statuses.push((await asked(client, {})).status);
    expect(new Set(statuses)).toEqual(new Set([200, 500]));
    expect(Math.abs(statuses.filter((status) => status === 500).length / 200 - 0.5)).toBeLessThan(0.12);
  });

  it('routes calls of gRPC by service and method, and answers UNAVAILABLE where a backend is not there', async () => {
    const rule = (method: string, backend: string) =>
      `- matches: [{method: {${method}}}]\n  backendRefs: [{name: ${backend}, port: 7070}]\n`;
    const rules = rule('service: test.Echo, method: Unary', 'echo-v2') + rule('service: test.Echo', 'gone');
    mesh.write(grpcRoute('calls', rules));
    const plane = await mesh.controlPlane();
    const { caller, call } = await grpcCaller(plane.port, scope);
    expect((await call()).pod).toBe('v2');
    await expect(caller.collect([Buffer.from('a')])).rejects.toMatchObject({ code: 14 });
  });

  it('keeps MeshGRPCRouteRequestHeaderModifier', async () => {
    const rule = (name: string, modifier: string): string =>
      `- matches: [{headers: [{name: x-test-case, value: ${name}}]}]
  filters: [{type: RequestHeaderModifier, requestHeaderModifier: {${modifier}}}]
  backendRefs: [{name: echo-v1, port: 7070}]
`;
    const rules =
      rule('set', 'set: [{name: X-Header-Set, value: new}]') + rule('add', 'add: [{name: X-Header-Add, value: b}]');
    mesh.write(grpcRoute('headers', rules + rule('remove', 'remove: [X-Header-Remove]')));
    const plane = await mesh.controlPlane();
    const { call } = await grpcCaller(plane.port, scope);
    expect((await call({ 'x-test-case': 'set', 'x-header-set': 'old' })).headers['x-header-set']).toBe('new');
    expect((await call({ 'x-test-case': 'add', 'x-header-add': 'a' })).headers['x-header-add']).toBe('a,b');
    expect(
      (await call({ 'x-test-case': 'remove', 'x-header-remove': 'a' })).headers['x-header-remove'],
    ).toBeUndefined();
  });
});

describe('a mesh with Gateway API, whose connections are redirected', () => {
  it('keeps MeshFrontendHostname, and of MeshFrontend that a pod called by its own address has no routes', async () => {
    const filter = '{type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: X-Header-Set, value: set}]}}';
    const rule = `- filters: [${filter}]\n  backendRefs: [{name: echo-v2, port: 80}]`;
    mesh.write(httpRoute('frontend', rule, '{name: echo-v2}'));
    const plane = await mesh.controlPlane();
    let destination = { host: '', port: 0 };
    const env = {
      SWITCHBOARD_POD_NAMESPACE: 'shop',
      SWITCHBOARD_INTERCEPTION: 'redirect',
    };
    const original = { originalDestination: { of: () => destination } };
    const sidecar = await mesh.sidecar(plane.port, env, undefined, original);
    const to = async (host: string, port: number, name: string): Promise<CaseAnswer> => {
      destination = { host, port };
      return asked(await sidecar.client(), { host: name });
    };
    const set = await to(VIPS['echo-v2'], 80, 'echo-v1');
    expect([set.seen?.pod, set.fields['x-header-set']]).toEqual(['v2', 'set']);
    const unset = await to(VIPS['echo-v1'], 80, 'echo-v2');
    expect([unset.seen?.pod, unset.fields['x-header-set']]).toEqual(['v1', undefined]);
    const direct = await to('127.0.0.1', v2.port, 'echo-v2');
    expect([direct.seen?.pod, direct.fields['x-header-set']]).toEqual(['v2', undefined]);
  });
});

/** Calls `echo:7070` through a sidecar. */
async function grpcCaller(xdsPort: number, scope: string) {
  const env = { SWITCHBOARD_POD_NAMESPACE: 'shop', SWITCHBOARD_XDS_SCOPE: scope };
  const { app } = await mesh.sidecar(xdsPort, env, undefined, { random: seededRandom(1) });
  const port = app.dataPlane.listeners[0]?.addresses[0]?.port ?? 0;
  const caller = new GrpcCaller(port, { 'grpc.default_authority': 'echo:7070' });
  mesh.atEnd(() => caller.close());
  const call = async (metadata?: Record<string, string>): Promise<Seen> =>
    JSON.parse(String(await caller.unary(Buffer.from(''), 20_000, metadata))) as Seen;
  return { caller, call };
}
