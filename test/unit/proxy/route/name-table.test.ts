// The name table of a sidecar that holds what it dials: it means by every authority what the routes of a whole mesh would.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { outboundClusterName } from '../../../../src/model/names.ts';
import { clustersOf } from '../../../../src/model/route-spec.ts';
import { explainUnknownName } from '../../../../src/proxy/route/explain-miss.ts';
import { NameTable } from '../../../../src/proxy/route/name-table.ts';
import { podText, serviceText, TextMesh } from '../../../support/mesh-text.ts';

const GOLDEN = fileURLToPath(new URL('../../../golden/translate', import.meta.url));

function tableOf(mesh: TextMesh, namespace: string): NameTable {
  const table = new NameTable(namespace, 'cluster.local');
  table.apply({ upserted: [...mesh.translate().names.values()], removed: [] });
  return table;
}

function clusterBy(table: NameTable, authority: string): string | undefined {
  const found = table.resolve(authority);
  return found === null ? undefined : outboundClusterName(found.port, found.host);
}

/** Every authority that the routes of `namespace` answer to, with its cluster. */
function authoritiesOf(mesh: TextMesh, namespace: string): Map<string, string | undefined> {
  const clusters = new Map<string, string | undefined>();
  for (const { virtualHosts } of mesh.snapshot(namespace).routes.values()) {
    for (const { domains, routes } of virtualHosts) {
      for (const domain of domains)
        clusters.set(domain, routes[0] === undefined ? undefined : clustersOf(routes[0])[0]);
    }
  }
  return clusters;
}

/** Holds the table of each namespace to the routes of the same, for all that any namespace knows and for what is nearly that. */
function expectSame(mesh: TextMesh, namespaces: readonly string[]): number {
  const known = new Set(namespaces.flatMap((namespace) => [...authoritiesOf(mesh, namespace).keys()]));
  const asked = [...known].flatMap((one) => [
    one,
    `${one}.`,
    `x${one}`,
    `${one}:81`,
    one.replace(/:.*/, ''),
    `${one}0`,
  ]);
  for (const namespace of namespaces) {
    const routes = authoritiesOf(mesh, namespace);
    const table = tableOf(mesh, namespace);
    const differing = asked.filter((authority) => clusterBy(table, authority) !== routes.get(authority));
    expect(differing).toEqual([]);
  }
  return asked.length;
}

describe('the name table', () => {
  it.each(readdirSync(GOLDEN).sort())(
    'finds for the mesh of %s what its routes would, for every authority',
    (folder) => {
      const text = readFileSync(`${GOLDEN}/${folder}/input.yaml`, 'utf8');
      const mesh = new TextMesh(text);
      const namespaces = [...new Set(mesh.translate().services.map(({ namespace }) => namespace)), 'elsewhere'];
      expect(expectSame(mesh, namespaces)).toBeGreaterThan(0);
    },
  );

  it("does so for meshes in which names are each other's short forms, and pods belong to several headless Services", () => {
    const label = fc.constantFrom('a', 'b', 'svc', 'cluster');
    const port = fc.constantFrom(80, 81, 8080);
    const service = fc.record({
      name: label,
      namespace: label,
      headless: fc.boolean(),
      ports: fc.uniqueArray(port, { minLength: 1, maxLength: 2 }),
      target: port,
      vip: fc.constantFrom('10.0.0.1', '10.0.0.2', 'fd00::1', 'fd00:0::2'),
    });
    fc.assert(
      fc.property(fc.array(service, { minLength: 1, maxLength: 6 }), (services) => {
        const mesh = new TextMesh(
          services
            .map(({ name, namespace, headless, ports, target, vip }) => {
              const list = ports.map((each) => `{name: p${each}, port: ${each}, targetPort: ${target}}`).join();
              const ip = headless ? 'None' : `"${vip}"`;
              return serviceText(`selector: {app: a}, clusterIP: ${ip}, ports: [${list}]`, name, namespace);
            })
            .join(''),
        );
        for (const namespace of ['a', 'b', 'svc']) {
          for (const [index, name] of ['a', 'b'].entries()) {
            const pod = podText({ name, ip: `10.0.0.${index + 1}`, spec: `hostname: ${name}, subdomain: b, ` });
            mesh.add(pod.replace('metadata: {', `metadata: {namespace: ${namespace}, `));
          }
        }
        expectSame(mesh, ['a', 'b', 'svc', 'cluster', 'elsewhere']);
      }),
      { numRuns: 150 },
    );
  });

  it('takes capitals, and no port that is written oddly', () => {
    const mesh = new TextMesh(serviceText('clusterIP: "fd00::1", ports: [{port: 80}]', 'web'));
    const table = tableOf(mesh, 'default');
    const web = { host: 'web.default.svc.cluster.local', port: 80 };
    for (const authority of ['WEB', 'Web.Default:80', '[FD00::1]', '[fd00::1]:80']) {
      expect([authority, table.resolve(authority)]).toEqual([authority, web]);
    }
    for (const authority of [
      '',
      ':80',
      'web:',
      'web:080',
      'web:+80',
      'web:80:80',
      'web..',
      '[fd00::1].',
      'fd00::1',
      '[web]',
    ]) {
      expect([authority, table.resolve(authority)]).toEqual([authority, null]);
    }
    expect(table.resolve(`${'a'.repeat(300)}:80`)).toBeNull();
  });

  it('follows changes of names and addresses, also after addresses have been dialled', () => {
    const mesh = new TextMesh(serviceText('clusterIP: 10.0.0.1, ports: [{port: 80}]', 'web'));
    const table = tableOf(mesh, 'default');
    expect(table.resolve('10.0.0.1')?.host).toBe('web.default.svc.cluster.local');
    const moved = new TextMesh(serviceText('clusterIP: 10.0.0.2, ports: [{port: 81}]', 'web')).translate().names;
    table.apply({ upserted: [...moved.values()], removed: [] });
    expect(table.resolve('10.0.0.1')).toBeNull();
    expect(table.resolve('10.0.0.2:81')?.port).toBe(81);
    expect([table.has({ host: 'web.default.svc.cluster.local', port: 80 }), table.resolve('web')]).toEqual([
      false,
      null,
    ]);
    table.apply({ upserted: [], removed: ['web.default.svc.cluster.local', 'never.was'] });
    expect([table.size, table.resolve('10.0.0.2:81'), table.resolve('web:81')]).toEqual([0, null, null]);
  });

  it('knows the address of a Service, and that headless ones and their pods have none', () => {
    const table = new NameTable('default', 'cluster.local');
    const ports = [
      { number: 80, servicePort: 80 },
      { number: 81, servicePort: 81, addresses: ['10.96.0.9'] },
    ];
    const spec = (name: string, addresses: readonly string[]) => ({
      name: `${name}.svc.cluster.local`,
      addresses,
      ports,
    });
    table.apply({
      upserted: [
        spec('web.default', ['10.96.0.1', '[fd00::1]']),
        spec('six.default', ['[fd00::1]']),
        spec('db.default', []),
        spec('db-0.db.default', ['10.244.0.1']),
      ],
      removed: [],
    });
    const vip = (name: string, port = 80) => table.vipOf({ host: `${name}.svc.cluster.local`, port });
    expect([vip('web.default'), vip('web.default', 81), vip('six.default')]).toEqual([
      '10.96.0.1',
      '10.96.0.9',
      'fd00::1',
    ]);
    expect([vip('db.default'), vip('db-0.db.default'), vip('nobody.default')]).toEqual([null, null, null]);
  });

  it('is synced with the first names, be they none', () => {
    const table = new NameTable('default', 'cluster.local');
    expect(table.synced).toBe(false);
    table.apply({ upserted: [], removed: [] });
    expect(table.synced).toBe(true);
  });

  it.each([
    ['web:81', '"web" has no port 81; it has 80.'],
    ['cart:80', '"cart" has no port 80; it has 8080, 9090.'],
    ['wep', '"wep" is no Service. Did you mean "web"?'],
    ['crat.shop', '"crat.shop" is no Service. Did you mean "cart.shop"?'],
    ['wob.default.svc', '"wob.default.svc" is no Service. Did you mean "web.default.svc"?'],
    [
      'wab.default.svc.cluster.local',
      '"wab.default.svc.cluster.local" is no Service. Did you mean "web.default.svc.cluster.local"?',
    ],
    ['example.com', '"example.com" is no Service that this sidecar knows.'],
    ['', '"(no Host)" is no Service that this sidecar knows.'],
  ])('tells a caller of %j that %s', (authority, sentence) => {
    const mesh = new TextMesh(
      serviceText('ports: [{port: 80}]', 'web') +
        serviceText('ports: [{name: a, port: 8080}, {name: b, port: 9090}]', 'cart') +
        serviceText('ports: [{port: 80}]', 'cart', 'shop'),
    );
    expect(explainUnknownName(tableOf(mesh, 'default'), authority)).toBe(sentence);
  });
});
