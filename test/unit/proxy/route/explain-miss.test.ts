// What callers are told whose request no route took.
import type { RouteConfigSpec } from '../../../../src/model/route-spec.ts';
import { explainMiss } from '../../../../src/proxy/route/explain-miss.ts';

function config(...hosts: readonly (readonly string[])[]): RouteConfigSpec {
  return { name: 'routes', virtualHosts: hosts.map((domains) => ({ name: domains[0] ?? '', domains, routes: [] })) };
}

const MESH = config(['my-api', 'my-api:80'], ['my-api:8443'], ['web.default:9090'], ['plain'], ['*.cdn'], ['[::1]:80']);

describe('a request that no route takes', () => {
  it.each([
    ['my-api:81', '"my-api" has no port 81; it has 80, 8443.'],
    ['web.default', '"web.default" has no port 80 (none was given); it has 9090.'],
    ['WEB.default:1', '"web.default" has no port 1; it has 9090.'],
    ['my-ap', '"my-ap" is no Service. Did you mean "my-api"?'],
    ['my-ipa:80', '"my-ipa:80" is no Service. Did you mean "my-api"?'],
    ['elsewhere.example', '"elsewhere.example" is no Service that this sidecar knows.'],
    ['ab', '"ab" is no Service that this sidecar knows.'],
    ['', '"(no Host)" is no Service that this sidecar knows.'],
    ['my-api', '"my-api" is known, but none of its routes takes a request with this method, path or header fields.'],
    [
      'my-api:8443',
      '"my-api:8443" is known, but none of its routes takes a request with this method, path or header fields.',
    ],
    ['plain', '"plain" is known, but none of its routes takes a request with this method, path or header fields.'],
    ['plain:81', '"plain" has no port 81.'],
  ])('of %j is told: %s', (authority, sentence) => {
    expect(explainMiss(MESH, authority)).toBe(sentence);
  });

  it('is told at once also where there are 100,000 names and its own is 60,000 characters long', () => {
    const large = config(Array.from({ length: 100_000 }, (_, index) => `service-${index}.namespace.svc.cluster.local`));
    const began = performance.now();
    for (const authority of ['service-x.namespace.svc.cluster.local', 'x'.repeat(60_000)])
      explainMiss(large, authority);
    expect(explainMiss(large, 'x'.repeat(60_000)).length).toBeLessThan(400);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
