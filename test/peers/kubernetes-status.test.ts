// Status that is written to a real API server of Kubernetes: what people see there of their routes and policies, and who writes it.
import { readFileSync } from 'node:fs';
import { ControlPlaneApp, openRegistries } from '../../src/app/control-plane-app.ts';
import { systemClock } from '../../src/base/clock.ts';
import { renderIssue } from '../../src/base/result.ts';
import { collectionPath, type KubeResource, namespacePath, objectPath } from '../../src/kube-api/kube-resource.ts';
import { renderSocketAddress } from '../../src/model/socket-address.ts';
import { gatewayCrd } from '../support/gateway-crds.ts';
import { KubeApi, READER, READER_TOKEN } from '../support/kube-api.ts';
import { GRPC_ROUTES, HTTP_ROUTES, REFERENCE_GRANTS, SERVICES, TRAFFIC_POLICIES } from '../support/kube-resources.ts';
import { ListLog } from '../support/list-log.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { type RunningCli, startCli } from '../support/run-cli.ts';
import { waitUntil } from '../support/wait-until.ts';

const POLICY_CRD = new URL('../../charts/switchboard/templates/crd-trafficpolicies.yaml', import.meta.url);
const GUIDE = new URL('../../docs/guides/kubernetes.md', import.meta.url);
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/switchboard-system/leases/switchboard-status';
/** Bounds of waiting, on a machine that has other things to do. */
const LONG_MS = 90_000;

const OURS = 'switchboard.dev/mesh';
const SERVICE_WEB = '{group: "", kind: Service, name: web}';
const route = (backend: string, parent = SERVICE_WEB) =>
  `spec: {parentRefs: [${parent}], rules: [{backendRefs: [${backend}]}]}`;
const policy = (target: string) => `spec: {targetRefs: [{name: ${target}}], timeouts: {request: 1s}}`;

interface Written {
  readonly controllerName: string;
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
    readonly observedGeneration: number;
    readonly lastTransitionTime: string;
  }[];
}

interface Replica {
  readonly app: ControlPlaneApp;
  readonly log: ListLog;
  /** Numbers by name. */
  readonly metric: (name: string) => Promise<number>;
}

describeWithPeers('status at an API server', ['etcd', 'kube-apiserver'], (paths) => {
  let api: KubeApi;
  const replicas: Replica[] = [];
  const programs: RunningCli[] = [];

  beforeAll(async () => {
    api = await KubeApi.start(paths, { watchCache: true });
    await make(CRDS, readFileSync(POLICY_CRD, 'utf8'));
    for (const kind of [HTTP_ROUTES, GRPC_ROUTES, REFERENCE_GRANTS]) await make(CRDS, gatewayCrd(kind));
    for (const kind of [HTTP_ROUTES, GRPC_ROUTES, REFERENCE_GRANTS, TRAFFIC_POLICIES]) {
      await api.until(200, 'GET', collectionPath(kind));
    }
    for (const name of ['default', 'other', 'switchboard-system']) {
      await make('/api/v1/namespaces', `{apiVersion: v1, kind: Namespace, metadata: {name: ${name}}}`, [201, 409]);
    }
    await put(SERVICES, 'web', 'spec: {ports: [{name: http, port: 80}]}');
    await put(SERVICES, 'far', 'spec: {ports: [{port: 80}]}', 'other');
  }, 120_000);

  afterEach(async () => {
    for (const { app } of replicas.splice(0)) await app.close();
    for (const { child, ended } of programs.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
  });

  afterAll(async () => {
    await api?.close();
  });

  async function make(path: string, body: string, statuses = [201]): Promise<void> {
    const { status, body: said } = await api.call('POST', path, body);
    if (!statuses.includes(status)) throw new Error(`POST ${path} answers ${status} ${said.message ?? ''}`);
  }

  const put = (resource: KubeResource, name: string, content: string, namespace = 'default') => {
    const group = resource.group === '' ? '' : `${resource.group}/`;
    const head = `apiVersion: ${group}${resource.version}\nkind: ${resource.kind}\nmetadata: {name: ${name}}\n`;
    return make(namespacePath(resource, namespace), `${head}${content}\n`);
  };

  const at = (resource: KubeResource, name: string) => objectPath(resource, { namespace: 'default', name });

  async function change(resource: KubeResource, name: string, patch: object, subresource = ''): Promise<void> {
    const path = `${at(resource, name)}${subresource}`;
    const { status, body } = await api.call('PATCH', path, JSON.stringify(patch), 'application/merge-patch+json');
    if (status !== 200) throw new Error(`PATCH ${path} answers ${status} ${body.message ?? ''}`);
  }

  async function entriesOf(resource: KubeResource, name: string): Promise<readonly Written[]> {
    const { body } = await api.call('GET', at(resource, name));
    const status = (body.status ?? {}) as { readonly parents?: Written[]; readonly ancestors?: Written[] };
    return status.parents ?? status.ancestors ?? [];
  }

  /** Waits until our entry says all of these, `Type=Status Reason @generation`; answers the entry. */
  const says = (resource: KubeResource, name: string, ...conditions: readonly string[]) =>
    waitUntil(
      `${name} says ${conditions}`,
      async () => {
        const own = (await entriesOf(resource, name)).find(({ controllerName }) => controllerName === OURS);
        const said = own?.conditions.map((one) => `${one.type}=${one.status} ${one.reason} @${one.observedGeneration}`);
        return conditions.every((one) => said?.includes(one) === true) ? (own as Written) : null;
      },
      LONG_MS,
    );

  async function versionOf(resource: KubeResource, name: string): Promise<string> {
    const { body } = await api.call('GET', at(resource, name));
    return (body as { readonly metadata: { readonly resourceVersion: string } }).metadata.resourceVersion;
  }

  async function holder(): Promise<string> {
    const { body } = await api.call('GET', LEASE);
    return (body.spec as { readonly holderIdentity?: string } | undefined)?.holderIdentity ?? '';
  }

  async function start(kubeconfig = api.writeKubeconfig()): Promise<Replica> {
    const registries = openRegistries(['kubernetes'], systemClock, { KUBECONFIG: kubeconfig });
    if (!registries.ok) throw new Error(registries.issues.map(renderIssue).join('\n'));
    const log = new ListLog();
    const loopback = { host: '127.0.0.1', port: 0 };
    const app = new ControlPlaneApp({
      ...{ registries: registries.value, xdsAddress: loopback, adminAddress: loopback, clusterDomain: 'cluster.local' },
      ...{ statusNamespace: 'switchboard-system', clock: systemClock, log },
    });
    const admin = renderSocketAddress((await app.start()).admin);
    const metric = async (name: string): Promise<number> => {
      const text = await (await fetch(`http://${admin}/stats/prometheus`)).text();
      return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? Number.NaN);
    };
    const replica = { app, log, metric };
    replicas.push(replica);
    await app.ready;
    return replica;
  }

  function run(args: readonly string[], env: Readonly<Record<string, string>>): RunningCli {
    const program = startCli(args, env);
    programs.push(program);
    return program;
  }

  const untilLeads = ({ metric }: Replica) =>
    waitUntil('it leads', async () => ((await metric('switchboard_status_leads')) === 1 ? true : null), LONG_MS);

  it(
    'says what is wrong with routes, and that they are right once they are mended, with the generation of each',
    async () => {
      await put(HTTP_ROUTES, 'missing', route('{name: gone, port: 80}'));
      await put(HTTP_ROUTES, 'foreign', route('{name: far, namespace: other, port: 80}'));
      await put(GRPC_ROUTES, 'nowhere', route('{name: web, port: 80}', '{group: "", kind: Service, name: gone}'));
      await start();
      const before = await says(
        HTTP_ROUTES,
        'missing',
        'Accepted=True Accepted @1',
        'ResolvedRefs=False BackendNotFound @1',
      );
      expect(before.conditions[1]?.message).toBe('there is no Service "gone" in namespace "default"');
      await says(HTTP_ROUTES, 'foreign', 'ResolvedRefs=False RefNotPermitted @1');
      await says(GRPC_ROUTES, 'nowhere', 'Accepted=False NoMatchingParent @1');

      await change(HTTP_ROUTES, 'missing', { spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] } });
      const after = await says(
        HTTP_ROUTES,
        'missing',
        'Accepted=True Accepted @2',
        'ResolvedRefs=True ResolvedRefs @2',
      );
      expect(after.conditions[0]?.lastTransitionTime).toBe(before.conditions[0]?.lastTransitionTime);

      const from = '{group: gateway.networking.k8s.io, kind: HTTPRoute, namespace: default}';
      await put(REFERENCE_GRANTS, 'from-default', `spec: {from: [${from}], to: [{group: "", kind: Service}]}`, 'other');
      await says(HTTP_ROUTES, 'foreign', 'ResolvedRefs=True ResolvedRefs @1');

      await put(SERVICES, 'gone', 'spec: {ports: [{port: 80}]}');
      await says(GRPC_ROUTES, 'nowhere', 'Accepted=True Accepted @1');
    },
    LONG_MS * 2,
  );

  it(
    'says which of two policies counts, and that one is for nothing; kubectl shows it in columns',
    async () => {
      await put(TRAFFIC_POLICIES, 'first', policy('web'));
      // Of the same second the first by name goes before the other.
      await put(TRAFFIC_POLICIES, 'second', policy('web'));
      await put(TRAFFIC_POLICIES, 'lost', policy('wbe'));
      await start();
      await says(TRAFFIC_POLICIES, 'first', 'Accepted=True Accepted @1');
      const conflict = await says(TRAFFIC_POLICIES, 'second', 'Accepted=False Conflicted @1');
      expect(conflict.conditions[0]?.message).toContain('TrafficPolicy "first"');
      await says(TRAFFIC_POLICIES, 'lost', 'Accepted=False TargetNotFound @1');

      const asTable = 'application/json;as=Table;v=v1;g=meta.k8s.io';
      const { body } = await api.call('GET', collectionPath(TRAFFIC_POLICIES), '', 'application/yaml', asTable);
      const { rows } = body as unknown as { readonly rows: readonly { readonly cells: readonly string[] }[] };
      expect(rows.map(({ cells }) => cells.slice(0, 4))).toEqual([
        ['first', 'web', 'True', 'Accepted'],
        ['lost', 'wbe', 'False', 'TargetNotFound'],
        ['second', 'web', 'False', 'Conflicted'],
      ]);

      await change(TRAFFIC_POLICIES, 'lost', { spec: { targetRefs: [{ name: 'web', sectionName: 'http' }] } });
      await says(TRAFFIC_POLICIES, 'lost', 'Accepted=True Accepted @2');
      await api.call('DELETE', at(TRAFFIC_POLICIES, 'first'));
      await says(TRAFFIC_POLICIES, 'second', 'Accepted=True Accepted @1');
    },
    LONG_MS * 2,
  );

  it(
    'is written by one of two control planes and not again by a third, beside the entries of others',
    async () => {
      await put(HTTP_ROUTES, 'shared', route('{name: gone-2, port: 80}'));
      const other = {
        parentRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'edge' },
        controllerName: 'example.com/gateway',
        conditions: [
          {
            ...{ type: 'Accepted', status: 'True', reason: 'Accepted', message: 'theirs' },
            ...{ observedGeneration: 1, lastTransitionTime: '2020-01-01T00:00:00Z' },
          },
        ],
      };
      await change(HTTP_ROUTES, 'shared', { status: { parents: [other] } }, '/status');
      const [one, two] = [await start(), await start()];
      await says(HTTP_ROUTES, 'shared', 'ResolvedRefs=False BackendNotFound @1');
      expect(await entriesOf(HTTP_ROUTES, 'shared')).toMatchObject([other, { controllerName: OURS }]);
      const leaders = await Promise.all([one, two].map(({ metric }) => metric('switchboard_status_leads')));
      expect([...leaders].sort()).toEqual([0, 1]);
      const [leader, follower] = leaders[0] === 1 ? [one, two] : [two, one];
      expect(await follower.metric('switchboard_status_writes_total')).toBe(0);

      // In order: the other one begins at once, and finds nothing to write.
      const versions = () => Promise.all(['shared', 'missing', 'foreign'].map((name) => versionOf(HTTP_ROUTES, name)));
      const before = await versions();
      const held = await holder();
      await leader.app.drain(100);
      await untilLeads(follower);
      expect(await holder()).not.toBe(held);
      const third = await start();
      await follower.app.drain(100);
      await untilLeads(third);
      await change(HTTP_ROUTES, 'shared', { spec: { rules: [{ backendRefs: [{ name: 'web', port: 80 }] }] } });
      await says(HTTP_ROUTES, 'shared', 'ResolvedRefs=True ResolvedRefs @2');
      // It counts when it is answered, which may be after the others see it.
      const counted = async () => ((await third.metric('switchboard_status_writes_total')) === 1 ? true : null);
      await waitUntil('it has counted one', counted, LONG_MS);
      expect(await follower.metric('switchboard_status_writes_total')).toBe(0);
      expect((await versions()).slice(1)).toEqual(before.slice(1));
      expect(await entriesOf(HTTP_ROUTES, 'shared')).toMatchObject([other, { controllerName: OURS }]);
    },
    LONG_MS * 2,
  );

  it(
    'goes on when the API server has been away',
    async () => {
      const one = await start();
      await untilLeads(one);
      await api.stopServer();
      await waitUntil(
        'it leads no more',
        async () => ((await one.metric('switchboard_status_leads')) === 0 ? true : null),
        LONG_MS,
      );
      await api.startServer();
      await put(HTTP_ROUTES, 'later', route('{name: gone-3, port: 80}'));
      await says(HTTP_ROUTES, 'later', 'ResolvedRefs=False BackendNotFound @1');
    },
    LONG_MS * 3,
  );

  it(
    'needs the rights of the guide and no more; without them it says which are missing, and all else works',
    async () => {
      await put(HTTP_ROUTES, 'allowed', route('{name: gone-4, port: 80}'));
      const [role = '', , own = ''] = (/```yaml\n([^`]+)```/.exec(readFileSync(GUIDE, 'utf8'))?.[1] ?? '').split(
        '---\n',
      );
      const reads = role.slice(
        0,
        role.indexOf('  - apiGroups: [gateway.networking.k8s.io]\n    resources: [httproutes/status'),
      );
      const subjects = `[{kind: User, name: ${READER}, apiGroup: rbac.authorization.k8s.io}]`;
      const bind = (kind: string, to: string) =>
        `{apiVersion: rbac.authorization.k8s.io/v1, kind: ${kind}Binding, metadata: {name: ${to}}, roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ${kind}, name: ${to}}, subjects: ${subjects}}`;
      await make(`${RBAC}/clusterroles`, reads);
      await make(`${RBAC}/clusterrolebindings`, bind('ClusterRole', 'switchboard-control-plane'));
      const one = await start(api.writeKubeconfig(READER_TOKEN));
      const missing = () => one.log.warned.map(({ remedy }) => remedy).join('\n');
      await waitUntil('the rule of leases', () => (missing().includes('resources: ["leases"]') ? true : null), LONG_MS);

      await make(`${RBAC}/namespaces/switchboard-system/roles`, own);
      await make(`${RBAC}/namespaces/switchboard-system/rolebindings`, bind('Role', 'switchboard-control-plane'));
      const status = '{apiGroups: ["gateway.networking.k8s.io"], resources: ["httproutes/status"], verbs: ["patch"]}';
      await waitUntil('the rule of status', () => (missing().includes(status) ? true : null), LONG_MS);
      await api.call('PUT', `${RBAC}/clusterroles/switchboard-control-plane`, role);
      // It would ask again within a minute; another one asks at once.
      await one.app.close();
      await start(api.writeKubeconfig(READER_TOKEN));
      await says(HTTP_ROUTES, 'allowed', 'ResolvedRefs=False BackendNotFound @1');
    },
    LONG_MS * 3,
  );

  it(
    'is written by the program as people start it, which lets the lease go when it is stopped, and by none that shall not',
    async () => {
      await put(HTTP_ROUTES, 'program', route('{name: gone-5, port: 80}'));
      const addresses = ['--xds-address', '127.0.0.1:0', '--admin-address', '127.0.0.1:0'];
      const args = ['control-plane', '--registry', 'kubernetes', ...addresses];
      const env = { KUBECONFIG: api.writeKubeconfig() };
      const silent = run(args, { ...env, SWITCHBOARD_WRITE_STATUS: 'disabled' });
      const [admin = ''] = await silent.says(/control plane ready: xds \S+, admin (\S+)/);
      expect(await (await fetch(`http://${admin}/stats/prometheus`)).text()).not.toContain('switchboard_status');
      expect(await entriesOf(HTTP_ROUTES, 'program')).toEqual([]);
      const writer = run(args, env);
      await says(HTTP_ROUTES, 'program', 'ResolvedRefs=False BackendNotFound @1');
      expect(await holder()).not.toBe('');
      for (const { child, ended } of [silent, writer]) {
        child.kill('SIGTERM');
        expect(await ended).toBe(0);
      }
      expect(await holder()).toBe('');
      expect(writer.output()).toContain('this replica writes no status any more');
    },
    LONG_MS * 2,
  );
});
