// TrafficPolicies and the Services that they name: which of them count, for which port, and what is told of the others.
import { policyReport } from '../../../../src/control/policy/policy-report.ts';
import { podText, TextMesh } from '../../../support/mesh-text.ts';

const HTTP = 'outbound|80|web.default.svc.cluster.local';
const ADMIN = 'outbound|81|web.default.svc.cluster.local';

function web(more = ''): string {
  const ports = 'ports: [{name: http, port: 80, targetPort: 8080}, {name: admin, port: 81, targetPort: 8080}]';
  return `apiVersion: v1\nkind: Service\nmetadata: {name: web${more}}\nspec: {selector: {app: a}, ${ports}}\n---\n`;
}

const POD = `${podText({ name: 'p', ip: '10.0.0.1' })}---\n`;

function policy(name: string, spec: string, more = ''): string {
  return `apiVersion: switchboard.dev/v1alpha1\nkind: TrafficPolicy\nmetadata: {name: ${name}${more}}\nspec: {${spec}}\n---\n`;
}

const TO_WEB = 'targetRefs: [{name: web}]';
const TO_ADMIN = 'targetRefs: [{name: web, sectionName: admin}]';

function balancers(mesh: TextMesh): readonly (string | undefined)[] {
  const { clusters } = mesh.translate();
  return [clusters.get(HTTP)?.loadBalancer, clusters.get(ADMIN)?.loadBalancer];
}

function requestTimeouts(mesh: TextMesh): readonly unknown[] {
  const configs = [...mesh.translate().portRoutes.values()];
  return configs.map(({ virtualHosts }) => virtualHosts[0]?.routes.map(({ action }) => action));
}

describe('a TrafficPolicy', () => {
  it('says of every port of its Service what its sections say', () => {
    const sections =
      'loadBalancer: {type: random}, timeouts: {request: 2s, idle: 1m, connect: 1s}, outlierDetection: {mode: disabled}';
    const mesh = new TextMesh(web() + POD + policy('one', `${TO_WEB}, ${sections}`));
    expect(mesh.issues()).toEqual([]);
    const { clusters } = mesh.translate();
    for (const name of [HTTP, ADMIN]) {
      expect(clusters.get(name)).toMatchObject({ loadBalancer: 'random', connectTimeoutMs: 1_000 });
      expect(clusters.get(name)?.outlierDetection).toBeUndefined();
    }
    expect(requestTimeouts(mesh)).toEqual(
      [HTTP, ADMIN].map((cluster) => [
        { cluster, timeoutMs: 2_000, idleTimeoutMs: 60_000 },
        { cluster, timeoutMs: 2_000, idleTimeoutMs: 60_000 },
      ]),
    );
  });

  it('limits what may be in use of each port', () => {
    const mesh = new TextMesh(web() + POD + policy('one', `${TO_ADMIN}, circuitBreakers: {maxRequests: 10}`));
    const { clusters } = mesh.translate();
    expect(clusters.get(ADMIN)?.circuitBreakers).toEqual({ default: { maxRequests: 10 } });
    expect(clusters.get(HTTP)?.circuitBreakers).toBeUndefined();
    mesh.add(policy('two', `${TO_WEB}, retries: {maxConcurrent: 3}`));
    const limited = mesh.translate().clusters;
    const retries = { kind: 'number', max: 3 };
    expect(limited.get(ADMIN)?.circuitBreakers).toEqual({ default: { maxRequests: 10, retries } });
    expect(limited.get(HTTP)?.circuitBreakers).toEqual({ default: { retries } });
  });

  it('for a port goes, section by section, before one for the whole Service', () => {
    const mesh = new TextMesh(web() + POD);
    mesh.add(policy('whole', `${TO_WEB}, loadBalancer: {type: random}, timeouts: {connect: 1s}`));
    mesh.add(policy('part', `${TO_ADMIN}, loadBalancer: {type: maglev}`));
    expect(balancers(mesh)).toEqual(['random', 'maglev']);
    expect(mesh.translate().clusters.get(ADMIN)?.connectTimeoutMs).toBe(1_000);
  });

  it('counts in its own namespace alone', () => {
    const mesh = new TextMesh(
      web() + POD + policy('far', `${TO_WEB}, loadBalancer: {type: random}`, ', namespace: shop'),
    );
    expect(balancers(mesh)).toEqual(['round-robin', 'round-robin']);
    expect(mesh.issues()).toEqual([
      'mesh.yaml:16: spec.targetRefs[0].name: there is no Service "web" in namespace "shop"; there is one in "default": a policy is for Services of its own namespace, so write it there',
    ]);
  });

  it('comes, changes and goes', () => {
    const mesh = new TextMesh(web() + POD);
    const first = policy('one', `${TO_WEB}, loadBalancer: {type: random}`);
    mesh.add(first);
    expect(balancers(mesh)).toEqual(['random', 'random']);
    mesh.add(policy('one', `${TO_ADMIN}, loadBalancer: {type: random}`));
    expect(balancers(mesh)).toEqual(['round-robin', 'random']);
    mesh.remove(first);
    expect(balancers(mesh)).toEqual(['round-robin', 'round-robin']);
  });

  it('waits for its Service, and says so meanwhile', () => {
    const mesh = new TextMesh(policy('one', `targetRefs: [{name: wbe}, {name: web}], loadBalancer: {type: random}`));
    expect(mesh.issues()).toHaveLength(2);
    mesh.add(web() + POD);
    expect(balancers(mesh)).toEqual(['random', 'random']);
    expect(mesh.issues()).toEqual([
      'mesh.yaml:4: spec.targetRefs[0].name: there is no Service "wbe" in namespace "default"; did you mean web?',
    ]);
    mesh.remove(web());
    expect(mesh.issues().filter((issue) => issue.includes('there is no Service'))).toHaveLength(2);
  });

  it('whose tries may take as long as the whole request is told that they never will', () => {
    const tries = 'retries: {perTryTimeout: 2s, perTryIdleTimeout: 500ms}';
    const alone = new TextMesh(web() + POD + policy('one', `${TO_WEB}, ${tries}, timeouts: {request: 2s}`));
    expect(alone.issues()).toEqual([
      'mesh.yaml:16: spec.retries.perTryTimeout: is 2s, and never counts: timeouts.request ends the whole request after 2s; make it shorter, or the other one longer',
    ]);
    const both = new TextMesh(web() + POD + policy('one', `${TO_WEB}, ${tries}`));
    expect(both.issues()).toEqual([]);
    both.add(policy('two', `${TO_ADMIN}, timeouts: {request: 1s}`));
    expect(both.issues()).toEqual([
      expect.stringContaining(
        'is 2s, and never counts: TrafficPolicy "two" (mesh.yaml:1) ends the whole request after 1s',
      ),
    ]);
    expect(new TextMesh(web() + POD + policy('one', `${TO_WEB}, ${tries}, timeouts: {request: 0s}`)).issues()).toEqual(
      [],
    );
  });

  it('for a port that is not there says so', () => {
    const mesh = new TextMesh(
      web() + POD + policy('one', 'targetRefs: [{name: web, sectionName: htp}], timeouts: {request: 1s}'),
    );
    expect(mesh.issues()).toEqual([
      'mesh.yaml:16: spec.targetRefs[0].sectionName: Service "web" has no port named "htp"; did you mean http?',
    ]);
  });

  it('of a headless Service says of its pods how long to wait, and leaves what there is to choose to the Service', () => {
    const headless = web().replace('spec: {', 'spec: {clusterIP: None, ');
    const mesh = new TextMesh(
      headless + POD + policy('one', `${TO_WEB}, loadBalancer: {type: random}, timeouts: {connect: 1s}`),
    );
    const told = [...mesh.translate().clusters.values()].map(({ loadBalancer, connectTimeoutMs }) => [
      loadBalancer,
      connectTimeoutMs,
    ]);
    expect(told).toEqual([
      ['random', 1_000],
      ['round-robin', 1_000],
      ['random', 1_000],
      ['round-robin', 1_000],
    ]);
  });

  it('touches nothing but its Service', () => {
    const other = web().replace('name: web', 'name: other');
    const mesh = new TextMesh(web() + other + POD);
    const before = mesh.translate().services.find(({ service }) => service.object.metadata.name === 'other');
    mesh.add(policy('one', `${TO_WEB}, loadBalancer: {type: random}`));
    const after = mesh.translate().services.find(({ service }) => service.object.metadata.name === 'other');
    expect(after).toBe(before);
  });
});

describe('two TrafficPolicies for one target', () => {
  const random = `${TO_WEB}, loadBalancer: {type: random}`;
  const maglev = `${TO_WEB}, loadBalancer: {type: ring-hash}, timeouts: {connect: 1s}`;
  const at = (time: string) => `, creationTimestamp: "2026-01-0${time}T00:00:00Z"`;

  it('are decided for the older one, whole, and the other is told', () => {
    const mesh = new TextMesh(web() + POD + policy('a', maglev, at('2')) + policy('b', random, at('1')));
    expect(balancers(mesh)).toEqual(['random', 'random']);
    expect(mesh.translate().clusters.get(HTTP)?.connectTimeoutMs).toBe(5_000);
    expect(mesh.issues()).toEqual([
      'mesh.yaml:16: spec.targetRefs[0]: TrafficPolicy "b" (mesh.yaml:18) is for Service "web" already; this one does not count there; join the two, or remove one of them',
    ]);
  });

  it('of one age are decided by name; one of a file comes after one of an API server', () => {
    expect(balancers(new TextMesh(web() + POD + policy('b', maglev) + policy('a', random)))).toEqual([
      'random',
      'random',
    ]);
    const mixed = policy('a', maglev) + policy('b', random, at('1'));
    expect(balancers(new TextMesh(web() + POD + mixed))).toEqual(['random', 'random']);
  });

  it('are in conflict for that target alone', () => {
    const both = 'targetRefs: [{name: web}, {name: web, sectionName: admin}], loadBalancer: {type: maglev}';
    const mesh = new TextMesh(web() + POD + policy('a', random) + policy('b', both));
    expect(balancers(mesh)).toEqual(['random', 'maglev']);
    expect(mesh.issues().filter((issue) => issue.includes('already'))).toHaveLength(1);
  });

  it('let the other one in when the first goes', () => {
    const mesh = new TextMesh(web() + POD + policy('a', random) + policy('b', maglev));
    mesh.remove(policy('a', random));
    expect(balancers(mesh)).toEqual(['ring-hash', 'ring-hash']);
  });
});

describe('a TrafficPolicy beside annotations and fields of the Service', () => {
  const annotated = (text: string) => web(`, annotations: {${text}}`) + POD;

  it('counts instead of the annotation of its section, which is told; other annotations stay', () => {
    const mesh = new TextMesh(
      annotated('switchboard.dev/load-balancer: random, switchboard.dev/outlier-detection: "off"'),
    );
    mesh.add(policy('one', `${TO_WEB}, loadBalancer: {type: least-request, leastRequest: {}}`));
    expect(balancers(mesh)).toEqual(['least-request', 'least-request']);
    expect(mesh.translate().clusters.get(HTTP)?.outlierDetection).toBeUndefined();
    expect(mesh.issues()[0]).toBe(
      `mesh.yaml:3: metadata.annotations['switchboard.dev/load-balancer']: does not count: TrafficPolicy "one" (mesh.yaml:1) has loadBalancer; remove one of them`,
    );
  });

  it('spares an annotation that is wrong from being told twice', () => {
    const mesh = new TextMesh(annotated('switchboard.dev/outlier-detection: sometimes'));
    expect(mesh.issues()).toHaveLength(1);
    mesh.add(policy('one', `${TO_WEB}, outlierDetection: {consecutive5xx: 3}`));
    expect(mesh.issues()).toEqual([expect.stringContaining('does not count')]);
  });

  it('for a port says nothing against an annotation, which counts for the others', () => {
    const mesh = new TextMesh(annotated('switchboard.dev/load-balancer: random'));
    mesh.add(policy('one', `${TO_ADMIN}, loadBalancer: {type: least-request}`));
    expect(balancers(mesh)).toEqual(['random', 'least-request']);
    expect(mesh.issues()).toEqual([]);
  });

  it('leaves places to the fields of the Service, unless it speaks of them', () => {
    const near = web().replace('spec: {', 'spec: {trafficDistribution: PreferSameZone, ') + POD;
    const mesh = new TextMesh(near + policy('one', `${TO_WEB}, loadBalancer: {type: random, panicThreshold: 0}`));
    const balancing = () => mesh.translate().clusters.get(HTTP)?.balancing;
    expect(balancing()).toEqual({ panicThreshold: 0, locality: { kind: 'nearest', tiers: ['zone'] } });
    mesh.add(policy('one', `${TO_WEB}, loadBalancer: {type: random, locality: any}`));
    expect(balancing()).toBeUndefined();
    mesh.add(policy('one', `${TO_WEB}, loadBalancer: {type: random, locality: only-same-node}`));
    expect(balancing()).toEqual({ locality: { kind: 'nearest', tiers: ['node'], onlyNode: true } });
  });

  it('that says "any" puts topology hints out of force', () => {
    const slice =
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: s, labels: {kubernetes.io/service-name: web}}\naddressType: IPv4\nports: [{name: http, port: 8080}]\nendpoints: [{addresses: [10.1.0.1], zone: a, hints: {forZones: [{name: a}]}}]\n---\n';
    const mesh = new TextMesh(web() + slice);
    expect(mesh.translate().clusters.get(HTTP)?.balancing?.locality).toBeDefined();
    mesh.add(policy('one', `${TO_WEB}, loadBalancer: {type: random, locality: any}`));
    expect(mesh.translate().clusters.get(HTTP)?.balancing).toBeUndefined();
  });
});

describe('a TrafficPolicy beside an HTTPRoute', () => {
  it('counts for requests of its rules, but for what a rule says itself', () => {
    const rules =
      'rules: [{matches: [{path: {value: /a}}], timeouts: {request: 1s}, backendRefs: [{name: web, port: 80}]}]';
    const route = `apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r}\nspec: {parentRefs: [{group: "", kind: Service, name: web, port: 80}], ${rules}}\n---\n`;
    const mesh = new TextMesh(
      web() + POD + route + policy('one', `${TO_WEB}, timeouts: {request: 5s, idle: 1m}, retries: {attempts: 0}`),
    );
    const [first] = mesh.translate().portRoutes.values();
    const [rule] = first?.virtualHosts[0]?.routes.filter(({ match }) => match.connect !== true) ?? [];
    expect(rule?.action).toMatchObject({ timeoutMs: 1_000, idleTimeoutMs: 60_000, retry: { numRetries: 0 } });
  });
});

describe('Services without a TrafficPolicy', () => {
  it('share one empty list, whatever policies there are for others', () => {
    const names = Array.from({ length: 200 }, (_, i) => web().replace('name: web', `name: web-${i}`));
    const mesh = new TextMesh(names.join('') + web() + policy('one', `${TO_WEB}, timeouts: {request: 1s}`));
    const lists = mesh.translate().services.map(({ policies }) => policies);
    expect(new Set(lists).size).toBe(2);
    expect(lists.filter((list) => list.length > 0)).toHaveLength(1);
  });
});

describe('the report of TrafficPolicies', () => {
  it('says of each target whether the policy counts there, and of each port which policy counts', () => {
    const mesh = new TextMesh(
      web() + POD + policy('a', `${TO_WEB}, loadBalancer: {type: random}, timeouts: {idle: 1m}`),
    );
    mesh.add(
      policy(
        'b',
        'targetRefs: [{name: web}, {name: web, sectionName: admin}, {name: web, sectionName: x}, {name: gone}], timeouts: {connect: 1s}',
      ),
    );
    const { services, dangling } = mesh.translate();
    const report = policyReport(services, dangling);
    const ref = { group: '', kind: 'Service', namespace: 'default', name: 'web' };
    const accepted = { type: 'Accepted', status: 'True', reason: 'Accepted', message: 'It counts.' };
    const refused = (reason: string, message: string) => ({ type: 'Accepted', status: 'False', reason, message });
    const controllerName = 'switchboard.dev/mesh';
    expect(report.policies).toEqual([
      {
        namespace: 'default',
        name: 'a',
        source: 'mesh.yaml:13',
        status: { ancestors: [{ ancestorRef: ref, controllerName, conditions: [accepted] }] },
      },
      {
        namespace: 'default',
        name: 'b',
        source: 'mesh.yaml:1',
        status: {
          ancestors: [
            {
              ancestorRef: ref,
              controllerName,
              conditions: [refused('Conflicted', 'TrafficPolicy "a" is for the same target and goes before this one.')],
            },
            { ancestorRef: { ...ref, sectionName: 'admin' }, controllerName, conditions: [accepted] },
            {
              ancestorRef: { ...ref, sectionName: 'x' },
              controllerName,
              conditions: [refused('TargetNotFound', 'The Service has no port named "x".')],
            },
            {
              ancestorRef: { ...ref, name: 'gone' },
              controllerName,
              conditions: [refused('TargetNotFound', 'There is no such Service in the namespace.')],
            },
          ],
        },
      },
    ]);
    expect(report.services).toEqual([
      {
        namespace: 'default',
        name: 'web',
        ports: [
          { port: 80, name: 'http', sections: { loadBalancer: 'a', timeouts: 'a' } },
          { port: 81, name: 'admin', sections: { loadBalancer: 'a', timeouts: 'b' } },
        ],
      },
    ]);
  });
});
