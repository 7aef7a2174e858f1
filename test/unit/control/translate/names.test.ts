// Promises of the names that a call may use (services.md S3, S11): which cluster each leads to, seen from each namespace.
import fc from 'fast-check';
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const A = 'outbound|80|a.default.svc.cluster.local';

function headless(name: string, namespace = 'default', ports = '[{port: 80, targetPort: 8080}]'): string {
  return serviceText(`clusterIP: None, selector: {app: ${name}}, ports: ${ports}`, name, namespace);
}

function member(service: string, name: string, ip: string, namespace = 'default'): string {
  const spec = `hostname: ${name}, subdomain: ${service}, `;
  return podText({ name, ip, labels: `app: ${service}`, spec }).replace(
    `{name: ${name}`,
    `{namespace: ${namespace}, name: ${name}`,
  );
}

describe('names of a Service', () => {
  const mesh = new TextMesh(
    serviceText(
      'clusterIP: 10.96.0.1, clusterIPs: [10.96.0.1, "FD00:0::1"], ports: [{name: w, port: 80}, {name: x, port: 81}]',
    ),
  );
  const FORMS = ['a.default', 'a.default.svc', 'a.default.svc.cluster.local'];

  it.each(FORMS.flatMap((form) => [form, `${form}.`]))(
    '%s leads to it from everywhere, on port 80 with and without ":80"',
    (name) => {
      for (const namespace of ['default', 'shop']) {
        expect(mesh.clusterFor(name, namespace)).toBe(A);
        expect(mesh.clusterFor(`${name}:80`, namespace)).toBe(A);
        expect(mesh.clusterFor(`${name}:81`, namespace)).toBe('outbound|81|a.default.svc.cluster.local');
        expect(mesh.clusterFor(`${name}:82`, namespace)).toBeUndefined();
      }
    },
  );

  it('in their short form lead to it from its own namespace only', () => {
    for (const name of ['a', 'a.', 'a:80', 'a.:80']) {
      expect(mesh.clusterFor(name)).toBe(A);
      expect(mesh.clusterFor(name, 'shop')).toBeUndefined();
    }
  });

  it('include its ClusterIPs, IPv6 in brackets and in canonical form', () => {
    for (const name of ['10.96.0.1', '10.96.0.1:80', '[fd00::1]', '[fd00::1]:80'])
      expect(mesh.clusterFor(name, 'shop')).toBe(A);
  });

  it('lead CONNECT first and then every path, without a time limit', () => {
    const [config] = mesh.snapshot().routes.values();
    const path = { kind: 'prefix', value: '/' };
    expect(config?.name).toBe('proxy/default');
    expect(config?.virtualHosts[0]?.name).toBe('a.default.svc.cluster.local:80');
    expect(config?.virtualHosts[0]?.routes).toEqual([
      { name: 'connect', match: { path, connect: true }, action: { cluster: A, timeoutMs: 0 } },
      { name: 'default', match: { path }, action: { cluster: A, timeoutMs: 0 } },
    ]);
  });

  it('of ExternalName lead nowhere yet', () => {
    const external = new TextMesh(serviceText('type: ExternalName, externalName: x.example, ports: [{port: 80}]'));
    expect(external.clusterFor('a')).toBeUndefined();
  });
});

describe('names of the pods of a headless Service', () => {
  const mesh = new TextMesh(headless('db') + member('db', 'db-0', '10.0.0.1') + member('db', 'db-1', '10.0.0.2'));
  const DB_0 = 'outbound|80|db-0.db.default.svc.cluster.local';

  it.each(['db-0.db', 'db-0.db.default', 'db-0.db.default.svc', 'db-0.db.default.svc.cluster.local', '10.0.0.1'])(
    '%s leads to that one pod, on the Service port and on the target port',
    (name) => {
      expect(mesh.clusterFor(`${name}:80`)).toBe(DB_0);
      expect(mesh.clusterFor(name)).toBe(DB_0);
      expect(mesh.clusterFor(`${name}:8080`)).toBe(DB_0);
      expect(mesh.clusterFor(`${name}:9090`)).toBeUndefined();
      expect(mesh.endpoints(DB_0)).toEqual(['10.0.0.1:8080']);
    },
  );

  it('leave the name of the Service to all of them, on both ports too', () => {
    for (const name of ['db', 'db:80', 'db:8080', 'db.default.svc.cluster.local.:8080']) {
      expect(mesh.clusterFor(name)).toBe('outbound|80|db.default.svc.cluster.local');
    }
    expect(mesh.endpoints('outbound|80|db.default.svc.cluster.local')).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
  });

  it('keep the target port in the name of the Service while there is no pod', () => {
    expect(new TextMesh(headless('db')).clusterFor('db:8080')).toBe('outbound|80|db.default.svc.cluster.local');
  });

  it('stay while a pod is not ready, with no endpoint behind them', () => {
    const unready = member('db', 'db-0', '10.0.0.1').replace('"True"', '"False"');
    const changed = new TextMesh(headless('db') + unready);
    expect(changed.clusterFor('db-0.db')).toBe(DB_0);
    expect(changed.endpoints(DB_0)).toEqual([]);
  });

  it('come from hostname and subdomain, the label of a StatefulSet, its naming, or a slice; else from the address', () => {
    const set = `---\napiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec: {serviceName: db, selector: {matchLabels: {app: db}}, template: {metadata: {labels: {app: db}}, spec: {containers: []}}}\n`;
    const labelled = podText({
      name: 'x-1',
      ip: '10.0.0.3',
      labels: 'app: db, statefulset.kubernetes.io/pod-name: x-1',
    });
    const named = podText({ name: 'db-7', ip: '10.0.0.4', labels: 'app: db' });
    const plain = podText({ name: 'db-zz', ip: '10.0.0.5', labels: 'app: db' });
    const other = podText({ name: 'o', ip: '10.0.0.6', labels: 'app: db', spec: 'hostname: o, subdomain: other, ' });
    const all = new TextMesh(headless('db') + set + labelled + named + plain + other);
    const names = [...all.translate().clusters.keys()].map((name) => name.split('|')[2]?.split('.')[0]).sort();
    expect(names).toEqual(['10-0-0-5', '10-0-0-6', 'db', 'db-7', 'x-1']);
    const slice =
      '---\napiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, labels: {kubernetes.io/service-name: db}}\naddressType: IPv6\nports: [{port: 1}]\nendpoints: [{addresses: ["fd00::1"], hostname: db-0}, {addresses: ["fd00::2"]}]\n';
    const sliced = new TextMesh(headless('db') + slice);
    expect(sliced.clusterFor('db-0.db:1')).toBe(DB_0);
    expect(sliced.clusterFor('[fd00::1]')).toBe(DB_0);
    expect(sliced.clusterFor('fd00--2.db')).toBe('outbound|80|fd00--2.db.default.svc.cluster.local');
  });

  it('are made for the first 1,000 pods, and the rest is said', () => {
    const pods = Array.from({ length: 1_001 }, (_, i) => podText({ name: `p${i}`, ip: `10.0.${i >> 8}.${i & 255}` }));
    const mesh = new TextMesh(
      serviceText('clusterIP: None, selector: {app: a}, ports: [{port: 8080}]') + pods.join(''),
    );
    expect(mesh.translate().clusters.size).toBe(1_001);
    expect(mesh.issues()).toEqual([
      'mesh.yaml:5: spec.clusterIP: has 1001 pods: only 1000 of them get names of their own; split it into several Services',
    ]);
  });

  it('share a cluster where several pods have one host name', () => {
    const twins =
      member('db', 'db-0', '10.0.0.1') + member('db', 'db-1', '10.0.0.2').replace('hostname: db-1', 'hostname: db-0');
    expect(new TextMesh(headless('db') + twins).endpoints(DB_0)).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
  });

  it('leave a port that the Service declares to that port', () => {
    const ports = '[{name: w, port: 80, targetPort: 8080}, {name: x, port: 8080, targetPort: 9090}]';
    const both = new TextMesh(headless('db', 'default', ports) + member('db', 'db-0', '10.0.0.1'));
    expect(both.clusterFor('db-0.db:80')).toBe(DB_0);
    expect(both.clusterFor('db-0.db:8080')).toBe('outbound|8080|db-0.db.default.svc.cluster.local');
    expect(both.clusterFor('db-0.db:9090')).toBe('outbound|8080|db-0.db.default.svc.cluster.local');
  });
});

describe('a name that two could mean', () => {
  it('goes to the one that a resolver would find first: the search list of the own namespace comes first', () => {
    // Seen from `default`: the pod `x` of the headless Service `y`, or the Service `x` of the namespace `y`.
    const mesh = new TextMesh(headless('yy') + member('yy', 'xx', '10.0.0.1') + serviceText('', 'xx', 'yy'));
    expect(mesh.clusterFor('xx.yy')).toBe('outbound|80|xx.yy.default.svc.cluster.local');
    expect(mesh.clusterFor('xx.yy', 'shop')).toBe('outbound|80|xx.yy.svc.cluster.local');
    expect(mesh.clusterFor('xx.yy.svc')).toBe('outbound|80|xx.yy.svc.cluster.local');
  });

  it('goes to the pod of a namespace called svc before the Service, as its step of the search list comes first', () => {
    const mesh = new TextMesh(
      headless('yy', 'svc') + member('yy', 'xx', '10.0.0.1', 'svc') + serviceText('', 'xx', 'yy'),
    );
    expect(mesh.clusterFor('xx.yy.svc')).toBe('outbound|80|xx.yy.svc.svc.cluster.local');
    expect(mesh.clusterFor('xx.yy.svc.cluster.local')).toBe('outbound|80|xx.yy.svc.cluster.local');
  });

  it('is a domain of one virtual host only, whatever Services there are', () => {
    const name = fc.constantFrom('a', 'svc', 'default', 'cluster', 'local', 'b');
    const service = fc.record({
      name,
      namespace: name,
      headless: fc.boolean(),
      pods: fc.uniqueArray(name, { maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.array(service, { maxLength: 6 }), name, (services, from) => {
        const text = services.map((one, i) =>
          one.headless
            ? headless(one.name, one.namespace) +
              one.pods.map((pod, j) => member(one.name, pod, `10.0.${i}.${j}`, one.namespace)).join('')
            : serviceText(
                `clusterIP: 10.96.0.${i % 3}, ports: [{name: w, port: 80}, {name: x, port: 81}]`,
                one.name,
                one.namespace,
              ),
        );
        const [config] = new TextMesh(text.join('')).snapshot(from).routes.values();
        const domains = config?.virtualHosts.flatMap((host) => host.domains) ?? [];
        expect(new Set(domains).size).toBe(domains.length);
      }),
      { numRuns: 100 },
    );
  });
});
