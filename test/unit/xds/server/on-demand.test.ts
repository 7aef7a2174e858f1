// What exists only for those who ask for it by name: it comes and goes with clusters.
import type { OnDemandSource } from '../../../../src/model/on-demand.ts';
import type { RouteConfigSpec } from '../../../../src/model/route-spec.ts';
import { DeltaFixture } from '../../../support/delta-fixture.ts';
import { sampleSnapshot } from '../../../support/sample-snapshot.ts';
import { A, B, services, TWO } from '../../../support/stream-fixture.ts';

/** Routes for each cluster of the fixture's snapshot, under the cluster's name. */
function routesByCluster() {
  const asked: string[] = [];
  const made = new Map<string, RouteConfigSpec>();
  const onDemand: OnDemandSource = {
    apiListener: () => null,
    routeConfig: (_, name) => {
      asked.push(name);
      if (fixture.snapshot?.clusters.has(name) !== true) return null;
      const spec = made.get(name) ?? { name, virtualHosts: [] };
      made.set(name, spec);
      return spec;
    },
  };
  const fixture = new DeltaFixture(services('a'), { onDemand });
  return { fixture, asked };
}

describe('AdsStream, on demand', () => {
  it('tells of a name when its cluster comes, and that it is gone when the cluster goes', () => {
    const { fixture } = routesByCluster();
    fixture.ask('RDS', { subscribe: [A, B] });
    fixture.ack('RDS');
    expect(fixture.take()).toEqual([`RDS +${A} -${B}`]);
    fixture.set(services('a', 'b'));
    fixture.ack('RDS');
    expect(fixture.take()).toEqual([`RDS +${B}`]);
    fixture.set(services('b'));
    expect(fixture.take()).toEqual([`RDS -${A}`]);
  });

  it('looks up nothing again while only endpoints change', () => {
    const { fixture, asked } = routesByCluster();
    fixture.ask('RDS', { subscribe: [A, B] });
    fixture.ack('RDS');
    fixture.ask('EDS', { subscribe: [A] });
    fixture.ack('EDS');
    fixture.take();
    asked.length = 0;
    fixture.set(sampleSnapshot({ services: [{ name: 'a', endpoints: [TWO] }] }));
    expect(fixture.take()).toEqual([`EDS +${A}`]);
    expect(asked).toEqual([]);
  });
});
