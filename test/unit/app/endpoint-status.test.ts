// What the admin pages tell of endpoints that are out, or get less than their share.
import { endpointStatuses } from '../../../src/app/endpoint-status.ts';
import { DEFAULT_SLOW_START } from '../../../src/model/balancing-spec.ts';
import type { ClusterSpec } from '../../../src/model/cluster-spec.ts';
import { DEFAULT_OUTLIER_DETECTION } from '../../../src/model/outlier-detection-spec.ts';
import { Endpoint } from '../../../src/proxy/endpoint/endpoint.ts';
import { OutlierMonitor } from '../../../src/proxy/endpoint/outlier-monitor.ts';

const LOCALITY = { region: '', zone: '', subZone: '' };
const NOW_MS = 100_000;

function spec(slowStartMs: number, returnWindowMs: number): ClusterSpec {
  return {
    name: 'c',
    discovery: { kind: 'eds', serviceName: 'c' },
    connectTimeoutMs: 5_000,
    loadBalancer: 'round-robin',
    ...(slowStartMs === 0 ? {} : { balancing: { slowStart: { ...DEFAULT_SLOW_START, windowMs: slowStartMs } } }),
    outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, returnWindowMs },
  };
}

function endpoint(
  port: number,
  more: Partial<Pick<Endpoint, 'healthySinceMs' | 'returnedAtMs' | 'outlier'>> = {},
): Endpoint {
  const one = { host: '10.0.0.1', port, health: 'healthy' as const, weight: 1 };
  return Object.assign(new Endpoint(one, { locality: LOCALITY, priority: 0, weight: 1, endpoints: [one] }), more);
}

function warming(cluster: ClusterSpec, ...endpoints: readonly Endpoint[]): readonly (number | undefined)[] {
  return endpointStatuses({ spec: cluster, endpoints }, NOW_MS).map(({ warmingMs }) => warmingMs);
}

describe('the status of an endpoint', () => {
  it('says how long slow start goes on of one that is newer than others', () => {
    const old = endpoint(1, { healthySinceMs: 0 });
    expect(warming(spec(30_000, 0), old, endpoint(2, { healthySinceMs: 90_000 }))).toEqual([undefined, 20_000]);
    expect(warming(spec(30_000, 0), old, endpoint(2, { healthySinceMs: 60_000 }))).toEqual([undefined, undefined]);
    expect(warming(spec(0, 0), old, endpoint(2, { healthySinceMs: 90_000 }))).toEqual([undefined, undefined]);
  });

  it('says nothing of slow start where all are new: nobody is spared then', () => {
    const both = [endpoint(1, { healthySinceMs: 90_000 }), endpoint(2, { healthySinceMs: 90_020 })];
    expect(warming(spec(30_000, 0), ...both)).toEqual([undefined, undefined]);
    expect(warming(spec(30_000, 0), endpoint(1, { healthySinceMs: NOW_MS }))).toEqual([undefined]);
  });

  it('says how long one that was ejected gets its share little by little', () => {
    expect(warming(spec(0, 10_000), endpoint(1, { returnedAtMs: 97_000 }), endpoint(2))).toEqual([7_000, undefined]);
  });

  it('says of one that is out why, how long still, and how often it was, in shadow mode too', () => {
    const watcher = { ...{ consecutive5xx: 0, consecutiveGatewayFailure: 0, consecutiveLocalOriginFailure: 0 } };
    const silent = { onFirstResult() {}, onConsecutive() {}, onCompared() {} };
    const outlier = new OutlierMonitor({ ...watcher, splitLocalOrigin: false, ...silent });
    const ejection = {
      reason: 'consecutive-5xx' as const,
      sinceMs: 0,
      untilMs: NOW_MS + 5_000,
      detail: 'five',
      shadow: false,
    };
    outlier.ejection = ejection;
    outlier.ejectionsTotal = 2;
    const status = () => endpointStatuses({ spec: spec(0, 0), endpoints: [endpoint(1, { outlier })] }, NOW_MS)[0];
    const told = { ejected: 'consecutive-5xx: five', wouldBeEjected: null, ejectionLeftMs: 5_000, ejections: 2 };
    expect(status()).toMatchObject(told);
    outlier.ejection = { ...ejection, shadow: true, untilMs: NOW_MS - 1 };
    expect(status()).toMatchObject({ ejected: null, wouldBeEjected: told.ejected, ejectionLeftMs: 0 });
  });

  it('says what went wrong last: the failure, or the answer from 500 on', () => {
    const pod = endpoint(1);
    const told = () => endpointStatuses({ spec: spec(0, 0), endpoints: [pod] }, NOW_MS)[0]?.lastError;
    expect(told()).toBeNull();
    pod.lastErrorStatus = 503;
    expect(told()).toBe('answered 503');
    pod.lastError = 'ECONNRESET';
    expect(told()).toBe('ECONNRESET');
  });
});
