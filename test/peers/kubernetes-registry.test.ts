// The control plane beside a real API server of Kubernetes: what is applied there reaches clients, and what happens to the server takes nothing away.
import { readFileSync } from 'node:fs';
import { ControlPlaneApp, openRegistries } from '../../src/app/control-plane-app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { renderIssue } from '../../src/base/result.ts';
import { collectionPath, type KubeResource, namespacePath, objectPath } from '../../src/kube-api/kube-resource.ts';
import { sidecarNodeId } from '../../src/model/node-identity.ts';
import { renderSocketAddress } from '../../src/model/socket-address.ts';
import { ADS, AdsCaller } from '../support/ads-caller.ts';
import { gatewayCrd } from '../support/gateway-crds.ts';
import { KubeApi, READER, READER_TOKEN } from '../support/kube-api.ts';
import {
  GRPC_ROUTES,
  HTTP_ROUTES,
  PODS,
  REFERENCE_GRANTS,
  SERVICES,
  SLICES,
  TRAFFIC_POLICIES,
} from '../support/kube-resources.ts';
import { ListLog } from '../support/list-log.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { typeOf } from '../support/type-of.ts';
import { waitUntil } from '../support/wait-until.ts';

const POLICY_CRD = new URL('../../charts/switchboard/templates/crd-trafficpolicies.yaml', import.meta.url);
const GUIDE = new URL('../../docs/guides/kubernetes.md', import.meta.url);
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
/** A server that starts, and back-off of 30 s at most. */
const LONG_MS = 90_000;
const CLUSTER = 'outbound|80|web.default.svc.cluster.local';

const ref = (name: string) => ({ namespace: 'default', name });

describeWithPeers('the registry of an API server, for real', ['etcd', 'kube-apiserver'], (paths) => {
  let api: KubeApi;
  let app: ControlPlaneApp;
  let admin: string;
  let xdsPort: number;
  let lines: string[];

  beforeAll(async () => {
    api = await KubeApi.start(paths, { watchCache: true });
    await make(CRDS, readFileSync(POLICY_CRD, 'utf8'));
    for (const kind of [HTTP_ROUTES, REFERENCE_GRANTS]) await make(CRDS, gatewayCrd(kind));
    for (const kind of [HTTP_ROUTES, REFERENCE_GRANTS, TRAFFIC_POLICIES])
      await api.until(200, 'GET', collectionPath(kind));
    await make('/api/v1/namespaces', '{apiVersion: v1, kind: Namespace, metadata: {name: default}}', [201, 409]);
    await put(SERVICES, 'web', 'spec: {clusterIP: 10.96.0.9, ports: [{port: 80, targetPort: 8080}]}');
    await put(SLICES, 'web-1', slice('10.0.0.1', '10.0.0.2'));
    await put(
      HTTP_ROUTES,
      'web',
      'spec: {parentRefs: [{group: "", kind: Service, name: web}], rules: [{timeouts: {request: 7s}, backendRefs: [{name: web, port: 80}]}]}',
    );
    await put(
      TRAFFIC_POLICIES,
      'web',
      'spec: {targetRefs: [{group: "", kind: Service, name: web}], timeouts: {connect: 3s}}',
    );
  }, 120_000);

  afterAll(async () => {
    await app?.close();
    await api?.close();
  });

  async function make(path: string, body: string, statuses = [201]): Promise<void> {
    const { status, body: said } = await api.call('POST', path, body);
    if (!statuses.includes(status)) throw new Error(`POST ${path} answers ${status} ${said.message ?? ''}`);
  }

  const put = (resource: KubeResource, name: string, content: string, labels = '') =>
    make(
      namespacePath(resource, 'default'),
      `apiVersion: ${resource.group === '' ? '' : `${resource.group}/`}${resource.version}\nkind: ${resource.kind}\nmetadata: {name: ${name}, labels: {${labels || 'kubernetes.io/service-name: web'}}}\n${content}\n`,
    );

  const slice = (...addresses: readonly string[]) =>
    `addressType: IPv4\nports: [{name: "", port: 8080, protocol: TCP}]\nendpoints: [${addresses
      .map((one) => `{addresses: [${one}], conditions: {ready: true}, zone: a}`)
      .join(', ')}]`;

  const change = (resource: KubeResource, name: string, patch: object) =>
    api.call('PATCH', objectPath(resource, ref(name)), JSON.stringify(patch), 'application/merge-patch+json');

  const endpointsPatch = (...addresses: readonly string[]) => ({
    endpoints: addresses.map((one) => ({ addresses: [one], conditions: { ready: true } })),
  });

  async function start(kubeconfig: string): Promise<void> {
    const registries = openRegistries(['kubernetes'], systemClock, { KUBECONFIG: kubeconfig });
    if (!registries.ok) throw new Error(registries.issues.map(renderIssue).join('\n'));
    const log = new ListLog();
    lines = log.lines;
    const loopback = { host: '127.0.0.1', port: 0 };
    app = new ControlPlaneApp({
      ...{ registries: registries.value, xdsAddress: loopback, adminAddress: loopback, clusterDomain: 'cluster.local' },
      ...{ clock: systemClock, log },
    });
    const bound = await app.start();
    admin = renderSocketAddress(bound.admin);
    xdsPort = bound.xds.port;
  }

  const page = async (path: string) => (await fetch(`http://${admin}${path}`)).json() as Promise<never>;

  async function addresses(): Promise<readonly string[]> {
    const snapshot: { endpoints: { name: string; localities: { endpoints: { host: string }[] }[] }[] } = await page(
      '/debug/snapshot?namespace=default',
    );
    const found = snapshot.endpoints?.find(({ name }) => name === CLUSTER);
    return (found?.localities ?? []).flatMap(({ endpoints }) => endpoints.map(({ host }) => host)).sort();
  }

  const untilAddresses = (...wanted: readonly string[]) =>
    waitUntil(`endpoints ${wanted}`, async () => ((await addresses()).join() === wanted.join() ? true : null), LONG_MS);

  async function states(): Promise<Readonly<Record<string, string>>> {
    const { registries }: { registries: { kinds: { resource: string; state: string }[] }[] } =
      await page('/debug/registries');
    return Object.fromEntries(registries[0]?.kinds.map(({ resource, state }) => [resource, state]) ?? []);
  }

  it(
    'is read with the rights of the guide, and with less it says which rule is missing',
    async () => {
      await start(api.writeKubeconfig(READER_TOKEN));
      await waitUntil('the rules that are missing', () => (lines.length >= 7 ? true : null), LONG_MS);
      expect(lines.join('\n')).toContain(
        '{apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"]}',
      );
      expect((await fetch(`http://${admin}/ready`)).status).toBe(503);
      const [role = '', binding = ''] = (/```yaml\n([^`]+)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '').split(
        '---\n',
      );
      await make(`${RBAC}/clusterroles`, role);
      const subject = `subjects: [{kind: User, name: ${READER}, apiGroup: rbac.authorization.k8s.io}]`;
      await make(`${RBAC}/clusterrolebindings`, `${binding.split('subjects:')[0]}${subject}`);
      await app.ready;
      expect(await addresses()).toEqual(['10.0.0.1', '10.0.0.2']);
      expect(await states()).toMatchObject({
        ...{ services: 'following', 'httproutes.gateway.networking.k8s.io': 'following' },
        // Its CRD is not there yet.
        'grpcroutes.gateway.networking.k8s.io': 'absent',
      });
    },
    LONG_MS * 2,
  );

  it(
    'streams clusters, endpoints and routes with what routes and policies say',
    async () => {
      const caller = new AdsCaller(xdsPort, `${ADS}/DeltaAggregatedResources`);
      const node = { id: sidecarNodeId('10.0.0.9', 'me', 'default', 'cluster.local') };
      const names = async (shortName: string) => {
        const { typeUrl } = typeOf(shortName);
        caller.askDelta({ typeUrl, node, ...(shortName === 'EDS' ? { resourceNamesSubscribe: [CLUSTER] } : {}) });
        const { resources, nonce } = await caller.nextDelta(LONG_MS);
        caller.askDelta({ typeUrl, responseNonce: nonce });
        return resources.map(({ name }) => name);
      };
      expect(await names('CDS')).toContain(CLUSTER);
      expect(await names('EDS')).toEqual([CLUSTER]);
      caller.close();
      const snapshot: { clusters: { name: string; connectTimeoutMs: number }[] } = await page('/debug/snapshot');
      expect(snapshot.clusters.find(({ name }) => name === CLUSTER)).toMatchObject({ connectTimeoutMs: 3_000 });
      expect(JSON.stringify(await page('/debug/snapshot'))).toContain('"timeoutMs":7000');
    },
    LONG_MS,
  );

  it(
    'follows endpoints that come and go',
    async () => {
      await change(SLICES, 'web-1', endpointsPatch('10.0.0.2', '10.0.0.3'));
      await untilAddresses('10.0.0.2', '10.0.0.3');
      await put(SLICES, 'web-2', slice('10.0.0.4'));
      await untilAddresses('10.0.0.2', '10.0.0.3', '10.0.0.4');
      await api.call('DELETE', objectPath(SLICES, ref('web-2')));
      await untilAddresses('10.0.0.2', '10.0.0.3');
    },
    LONG_MS,
  );

  it(
    'knows the workloads of pods, and nothing of their containers',
    async () => {
      await put(
        PODS,
        'web-0',
        'spec: {containers: [{name: app, image: x, env: [{name: SECRET, value: hidden}]}]}',
        'app: web',
      );
      await waitUntil(
        'the pod',
        async () => (JSON.stringify(await page('/debug/pods')).includes('web-0') ? true : null),
        LONG_MS,
      );
      expect(JSON.stringify(await page('/debug/snapshot'))).not.toContain('hidden');
    },
    LONG_MS,
  );

  it(
    'begins to read a kind when its CRD is installed',
    async () => {
      await make(CRDS, gatewayCrd(GRPC_ROUTES));
      await waitUntil(
        'GRPCRoutes',
        async () => ((await states())['grpcroutes.gateway.networking.k8s.io'] === 'following' ? true : null),
        LONG_MS,
      );
    },
    LONG_MS,
  );

  it(
    'keeps everything while the server is gone, says so, and catches up with what changed when it is back',
    async () => {
      await api.stopServer();
      await waitUntil(
        'that it is behind',
        async () => ((await states())['services'] === 'behind' ? true : null),
        LONG_MS,
      );
      expect(await addresses()).toEqual(['10.0.0.2', '10.0.0.3']);
      expect((await fetch(`http://${admin}/ready`)).status).toBe(200);
      const told = (): readonly string[] => lines.filter((line) => line.includes("the API server can't be reached"));
      // A server that is on its way out may say first that it is too busy.
      await waitUntil('the line of the log', async () => (told().length > 0 ? true : null), LONG_MS);
      expect(told()).toHaveLength(1);
      await api.startServer();
      await change(SLICES, 'web-1', endpointsPatch('10.0.0.3', '10.0.0.5'));
      await untilAddresses('10.0.0.3', '10.0.0.5');
      await waitUntil(
        'that it follows',
        async () => {
          return Object.values(await states()).every((state) => state === 'following') ? true : null;
        },
        LONG_MS,
      );
      const solved = (): readonly string[] => told().filter((line) => line.includes('solved: kubernetes: '));
      await waitUntil('the line that it is over', async () => (solved().length > 0 ? true : null), LONG_MS);
      expect(solved()).toHaveLength(1);
    },
    LONG_MS * 3,
  );
});
