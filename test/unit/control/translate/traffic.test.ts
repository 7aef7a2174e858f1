// Promises of what a Service says of its traffic: its load balancer.
import { renderIssue } from '../../../../src/base/result.ts';
import { podText, TextMesh } from '../../../support/mesh-text.ts';

const A_80 = 'outbound|80|a.default.svc.cluster.local';

function serviceWith(annotations: string, spec = ''): string {
  return `
apiVersion: v1
kind: Service
metadata: {name: a, annotations: {${annotations}}}
spec: {selector: {app: a}, ports: [{port: 80, targetPort: 8080}]${spec}}
---
`;
}

function translate(annotations: string, spec = '') {
  return new TextMesh(serviceWith(annotations, spec) + podText({ name: 'p', ip: '10.0.0.1' })).translate();
}

describe('switchboard.dev/load-balancer', () => {
  it.each(['round-robin', 'least-request', 'peak-ewma', 'random', 'ring-hash', 'maglev'])('may be %s', (name) => {
    const mesh = translate(`switchboard.dev/load-balancer: ${name}`);
    expect(mesh.clusters.get(A_80)?.loadBalancer).toBe(name);
  });

  it('is round robin where nothing is written', () => {
    expect(translate('').clusters.get(A_80)).toMatchObject({ loadBalancer: 'round-robin' });
  });

  it.each([
    ['least-requests', 'did you mean least-request?'],
    ['LEAST_CONN', 'write one of round-robin, least-request, peak-ewma, random, ring-hash, maglev'],
    ['pick-first', 'write one of round-robin, least-request, peak-ewma, random, ring-hash, maglev'],
  ])('that is "%s" is told, with its place, and is round robin', (written, remedy) => {
    const mesh = translate(`switchboard.dev/load-balancer: ${written}`);
    expect(mesh.clusters.get(A_80)?.loadBalancer).toBe('round-robin');
    const [issue, ...others] = mesh.issues;
    expect(others).toEqual([]);
    expect(issue?.severity).toBe('error');
    expect(issue?.line).toBe(4);
    expect(issue === undefined ? '' : renderIssue(issue)).toContain(
      `metadata.annotations['switchboard.dev/load-balancer']: "${written}" is no load balancer; round-robin is used; ${remedy}`,
    );
  });

  it('is of the Service, not of the single pods of a headless one', () => {
    const mesh = translate('switchboard.dev/load-balancer: random', ', clusterIP: None');
    const chosen = [...mesh.clusters.values()].map(({ name, loadBalancer }) => [name.split('.')[0], loadBalancer]);
    expect(chosen).toEqual([
      ['outbound|80|a', 'random'],
      ['outbound|80|10-0-0-1', 'round-robin'],
    ]);
  });

  it('changes the cluster and leaves its endpoints, names and routes the objects that they were', () => {
    const mesh = new TextMesh(serviceWith('') + podText({ name: 'p', ip: '10.0.0.1' }));
    const before = mesh.translate();
    const after = translate('switchboard.dev/load-balancer: maglev');
    expect(after.clusters.get(A_80)).not.toEqual(before.clusters.get(A_80));
    expect(after.endpoints.get(A_80)).toEqual(before.endpoints.get(A_80));
    expect(after.hosts).toEqual(before.hosts);
  });
});
