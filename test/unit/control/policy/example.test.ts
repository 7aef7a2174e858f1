// The example and the guide of TrafficPolicy: what they show is accepted, and says what they say it does.
import { readdirSync, readFileSync } from 'node:fs';
import { parseManifest } from '../../../../src/kube/parse-manifest.ts';
import { TextMesh } from '../../../support/mesh-text.ts';

const ROOT = new URL('../../../../', import.meta.url);
const EXAMPLE = new URL('examples/traffic-policy/', ROOT);

describe('examples/traffic-policy', () => {
  const files = readdirSync(EXAMPLE).filter((name) => name.endsWith('.yaml'));
  const parsed = files.map((name) => parseManifest(readFileSync(new URL(name, EXAMPLE), 'utf8'), name));

  it('has nothing to complain of', () => {
    expect(parsed.flatMap(({ issues }) => issues)).toEqual([]);
    expect(new TextMesh().change(parsed.flatMap(({ objects }) => objects)).issues()).toEqual([]);
  });

  it('makes clusters and routes of its policy', () => {
    const mesh = new TextMesh().change(parsed.flatMap(({ objects }) => objects)).translate();
    expect([...mesh.clusters.values()]).toMatchObject([
      {
        loadBalancer: 'least-request',
        balancing: { slowStart: { windowMs: 10_000 } },
        outlierDetection: { consecutiveGatewayFailure: 3, baseEjectionMs: 5_000, maxEjectionPercent: 34 },
      },
    ]);
    const [config] = mesh.portRoutes.values();
    expect(config?.virtualHosts[0]?.routes[1]?.action).toMatchObject({
      timeoutMs: 5_000,
      retry: { numRetries: 3, backOff: { baseMs: 10, maxMs: 100 } },
    });
  });
});

describe('docs/guides/traffic-policy.md', () => {
  const guide = readFileSync(new URL('docs/guides/traffic-policy.md', ROOT), 'utf8');
  const policies = [...guide.matchAll(/```yaml\n(apiVersion: switchboard[^`]*)```/g)].map((found) => found[1] ?? '');

  it('shows policies that are accepted', () => {
    expect(policies.length).toBeGreaterThan(0);
    for (const policy of policies) expect(parseManifest(policy, 'guide').issues).toEqual([]);
  });
});
