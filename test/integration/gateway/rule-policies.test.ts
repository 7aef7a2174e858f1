// Time-outs, retries, sessions, CORS and mirrors of routes of Gateway API, from manifests to pods on real sockets.
import { AppMesh } from '../../support/app-mesh.ts';
import { EchoPod, echoService } from '../../support/echo-pods.ts';
import { asked, httpRoute } from '../../support/gateway-case.ts';
import type { RawClient } from '../../support/raw-client.ts';
import { until } from '../../support/until.ts';

let mesh: AppMesh;
let pods: EchoPod[];

beforeEach(async () => {
  mesh = new AppMesh();
  pods = await Promise.all(['a', 'b', 'c'].map((name) => EchoPod.start(name)));
  mesh.write(
    echoService('echo', '10.96.0.10', pods) +
      echoService('echo-v1', '10.96.0.11', pods.slice(0, 2)) +
      echoService('echo-v2', '10.96.0.12', pods.slice(2)),
  );
});

afterEach(async () => {
  await mesh.close();
  for (const pod of pods) pod.close();
});

/** A caller of a mesh with this rule. */
async function caller(rule: string): Promise<RawClient> {
  mesh.write(httpRoute('r', `- ${rule}`));
  const plane = await mesh.controlPlane();
  return (await mesh.sidecar(plane.port, { SWITCHBOARD_POD_NAMESPACE: 'shop' })).client();
}

const TO_V1 = 'backendRefs: [{name: echo-v1, port: 80}]';
const requests = () => pods.reduce((sum, pod) => sum + pod.requests, 0);

it('timeouts.request ends a request with 504, whatever number of tries it has had', async () => {
  const client = await caller(`timeouts: {request: 80ms}\n  ${TO_V1}`);
  expect((await asked(client, { headers: { 'x-echo-silence': 'yes' } })).status).toBe(504);
});

it('timeouts.backendRequest ends each try, and tries again as the rule says', async () => {
  const client = await caller(`timeouts: {backendRequest: 60ms}\n  retry: {attempts: 2, backoff: 1ms}\n  ${TO_V1}`);
  expect((await asked(client, { method: 'POST', headers: { 'x-echo-silence': 'yes' } })).status).toBe(504);
  expect(requests()).toBe(3);
});

it('timeouts.backendRequest without a retry of its own keeps the usual ones', async () => {
  const client = await caller(`timeouts: {backendRequest: 60ms}\n  ${TO_V1}`);
  expect((await asked(client, { method: 'POST', headers: { 'x-echo-silence': 'yes' } })).status).toBe(504);
  expect(requests()).toBe(1);
});

it('retry.codes are tried again so many times, whatever the method, and others are not', async () => {
  const client = await caller(`retry: {codes: [500], attempts: 3, backoff: 1ms}\n  ${TO_V1}`);
  expect((await asked(client, { method: 'POST', headers: { 'x-echo-status': '500' } })).status).toBe(500);
  expect(requests()).toBe(4);
  expect((await asked(client, { headers: { 'x-echo-status': '501' } })).status).toBe(501);
  expect(requests()).toBe(5);
});

it('sessionPersistence keeps a session with one pod, by a cookie or a header', async () => {
  const client = await caller(`sessionPersistence: {sessionName: cart, type: Cookie}\n  ${TO_V1}`);
  const first = await asked(client, {});
  const cookie = first.fields['set-cookie']?.split(';')[0] ?? '';
  expect(cookie).toMatch(/^cart=/);
  for (let index = 0; index < 6; index += 1) {
    expect((await asked(client, { headers: { cookie } })).seen?.pod).toBe(first.seen?.pod);
  }
});

it('sessionPersistence keeps sessions among several backends, each with the pod that it began with', async () => {
  const both = 'backendRefs: [{name: echo-v1, port: 80}, {name: echo-v2, port: 80}]';
  const client = await caller(`sessionPersistence: {sessionName: x-cart, type: Header, idleTimeout: 1h}\n  ${both}`);
  const homes = new Set<string | undefined>();
  for (let session = 0; session < 20; session += 1) {
    const first = await asked(client, {});
    const headers = { 'x-cart': first.fields['x-cart'] ?? '' };
    expect(headers['x-cart']).toHaveLength(42);
    homes.add(first.seen?.pod);
    for (let index = 0; index < 4; index += 1) {
      expect((await asked(client, { headers })).seen?.pod).toBe(first.seen?.pod);
    }
  }
  expect(homes.size).toBeGreaterThan(1);
});

it('an affinity of the backend counts in routes of others to it, that of the parent does not', async () => {
  mesh.write(
    echoService('echo-v1', '10.96.0.11', pods.slice(0, 2)).replace(
      'metadata: {name: echo-v1,',
      'metadata: {name: echo-v1, annotations: {switchboard.dev/affinity: "header:x-user"},',
    ),
  );
  const client = await caller(TO_V1);
  for (const user of ['ann', 'bob', 'eve', 'kim']) {
    const seen = new Set<string | undefined>();
    for (let index = 0; index < 5; index += 1) {
      seen.add((await asked(client, { headers: { 'x-user': user } })).seen?.pod);
    }
    expect(seen.size).toBe(1);
  }
});

it('RequestMirror sends copies to other Services, whose answers nobody waits for', async () => {
  const filter = '{type: RequestMirror, requestMirror: {backendRef: {name: echo-v2, port: 80}}}';
  const client = await caller(`filters: [${filter}]\n  ${TO_V1}`);
  for (let index = 0; index < 4; index += 1) expect((await asked(client, { path: '/x' })).seen?.pod).not.toBe('c');
  await until(
    'the copies have come',
    () => pods[2]?.requests === 4,
    () => pods[2]?.requests,
  );
  expect(requests()).toBe(8);
});

it('CORS answers preflights, and names the origin to pages that may call', async () => {
  const cors =
    'allowOrigins: ["https://*.shop.example"], allowMethods: [GET, PUT], allowHeaders: [x-a], exposeHeaders: [x-b], maxAge: 60';
  const client = await caller(`filters: [{type: CORS, cors: {${cors}}}]\n  ${TO_V1}`);
  const origin = 'https://www.shop.example';
  const preflight = await asked(client, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'PUT' },
  });
  expect([preflight.status, requests(), preflight.fields]).toMatchObject([
    200,
    0,
    {
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'GET, PUT',
      'access-control-allow-headers': 'x-a',
      'access-control-max-age': '60',
    },
  ]);
  const page = await asked(client, { headers: { origin } });
  expect([page.seen?.method, page.fields['access-control-expose-headers']]).toEqual(['GET', 'x-b']);
  const other = await asked(client, { headers: { origin: 'https://evil.example' } });
  expect(other.fields['access-control-allow-origin']).toBeUndefined();
});
