// TrafficPolicies beside a real API server of Kubernetes: it takes the CRD, and says of each policy what a folder of manifests says.
import { readFileSync } from 'node:fs';
import { parseManifest } from '../../src/kube/parse-manifest.ts';
import { type KubeAnswer, KubeApi } from '../support/kube-api.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { POLICY_CASES, type PolicyCase } from '../support/policy-cases.ts';

const CRD = new URL('../../charts/switchboard/templates/crd-trafficpolicies.yaml', import.meta.url);
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const POLICIES = '/apis/switchboard.dev/v1alpha1/namespaces/default/trafficpolicies';
/** As kubectl asks. */
const STRICT = '?fieldManager=kubectl&fieldValidation=Strict';

const manifest = ({ spec }: PolicyCase, name = 'policy') =>
  `{apiVersion: switchboard.dev/v1alpha1, kind: TrafficPolicy, metadata: {name: ${name}, namespace: default}, spec: ${spec}}`;

describeWithPeers('TrafficPolicies at an API server', ['etcd', 'kube-apiserver'], (paths) => {
  let api: KubeApi;

  beforeAll(async () => {
    api = await KubeApi.start(paths);
    const made = await api.call('POST', `${CRDS}?fieldValidation=Strict`, readFileSync(CRD, 'utf8'));
    // The message says which field or rule it does not take.
    expect(made.body.message).toBeUndefined();
    await api.until(200, 'GET', POLICIES);
  }, 120_000);

  afterAll(async () => {
    await api?.close();
  });

  it('have a CRD that it takes whole, with nothing to complain of', async () => {
    const { body } = await api.until(200, 'GET', `${CRDS}/trafficpolicies.switchboard.dev`);
    const { conditions } = body.status as { readonly conditions: readonly { type: string; status: string }[] };
    expect(conditions.filter(({ type }) => type === 'Established')).toMatchObject([{ status: 'True' }]);
    expect(conditions.filter(({ type }) => type === 'NonStructuralSchema')).toEqual([]);
  });

  it.each(POLICY_CASES)('are judged as in a folder: $name', async (policy) => {
    const answer = await api.call('POST', `${POLICIES}${STRICT}&dryRun=All`, manifest(policy));
    const own = parseManifest(manifest(policy), 'policy.yaml');
    if (policy.problems.length === 0) {
      expect(answer).toMatchObject({ status: 201 });
      expect(own.issues).toEqual([]);
      // Both have filled in the same.
      expect(withoutNulls(answer.body.spec)).toEqual(
        own.objects[0]?.object.kind === 'TrafficPolicy' && own.objects[0].object.spec,
      );
      return;
    }
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(pathsOf(answer)).toEqual(ownPaths(own.issues));
  });

  it('that break a rule are told in the words of the rule', async () => {
    const rules = POLICY_CASES.filter(({ problems }) =>
      problems.some((problem) => problem.includes('which its type does not use')),
    );
    expect(rules.length).toBeGreaterThan(0);
    for (const policy of rules) {
      const { body } = await api.call('POST', `${POLICIES}${STRICT}&dryRun=All`, manifest(policy));
      for (const problem of policy.problems) expect(body.message).toContain(problem.slice(problem.indexOf(': ') + 2));
    }
  });

  it('are kept, with their defaults, and changed', async () => {
    const [first] = POLICY_CASES;
    if (first === undefined) throw new Error('there are no cases');
    const made = await api.call('POST', `${POLICIES}${STRICT}`, manifest(first, 'kept'));
    expect(made).toMatchObject({ status: 201 });
    expect(made.body.spec).toEqual({
      targetRefs: [{ group: '', kind: 'Service', name: 'web' }],
      timeouts: { request: '10s' },
    });
    const patch = JSON.stringify({ spec: { timeouts: { request: '1s', connect: '0s' } } });
    const refused = await api.call('PATCH', `${POLICIES}/kept`, patch, 'application/merge-patch+json');
    expect(refused.status).toBe(422);
    expect(refused.body.message).toContain('must be from 1ms to 10m; write a duration between them');
  });
});

/** The API server leaves out what is null where it has no default. */
function withoutNulls(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (_, inner: unknown) => inner ?? undefined);
}

interface Placed {
  readonly path?: string;
}

function ownPaths(issues: readonly Placed[]): readonly string[] {
  return [...new Set(issues.map(({ path = '' }) => path))].sort();
}

/** Unknown fields are told in one sentence, everything else as causes. */
function pathsOf({ body }: KubeAnswer): readonly string[] {
  const unknown = [...(body.message ?? '').matchAll(/unknown field "([^"]{1,200})"/g)].map((found) => found[1] ?? '');
  const causes = (body.details?.causes ?? []).flatMap(({ field, message = '' }) => {
    // It says so in a cause of its own where rules were not asked.
    return field === undefined || field === '<nil>' || message.includes('some validation rules were not checked')
      ? []
      : [field];
  });
  return [...new Set([...unknown, ...causes])].sort();
}
