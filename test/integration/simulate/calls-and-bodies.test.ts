// Promises of simulations of gRPC and of bodies: what calls come to is retried and ejected for as policies say, and what is too large is sent once.
import type { EventSpec, LoadSpec, ScenarioSpec } from '../../../src/simulate/scenario-spec.ts';
import { simulatedSummary, trafficPolicy } from '../../support/simulated-run.ts';

const OFF = { 'switchboard.dev/outlier-detection': 'off' };
const FIRST = { kind: 'numbers', numbers: [0] } as const;
const UNAVAILABLE = 14;
const CALLS: LoadSpec = { ratePerSecond: 100, methods: [{ method: 'shop.Cart/Get', share: 1 }], grpc: true };
const REPEATED = [trafficPolicy({ retries: { attempts: 2, retryOn: ['unavailable'], maxConcurrent: 1_000 } })];

/** A third of the calls come to a pod that answers none of them well. */
function refusing(late: boolean, more: Partial<EventSpec> = {}): readonly EventSpec[] {
  return [{ atMs: 0, do: 'fail', pods: FIRST, share: 1, failure: { code: UNAVAILABLE, late }, ...more } as EventSpec];
}

describe('simulated calls of gRPC', () => {
  it('are what callers see of them: a code that is not OK is an error, in the head or behind the answer', async () => {
    for (const late of [false, true]) {
      const run = await simulatedSummary({ load: CALLS, events: refusing(late) }, { annotations: OFF });
      expect(run.reasons).toEqual([{ reason: 'grpc-status UNAVAILABLE', requests: run.pods[0]?.requests }]);
      expect(Math.abs(run.errorPercent - 100 / 3)).toBeLessThan(0.5);
      expect(run.methods.map(({ method }) => method)).toEqual(['shop.Cart/Get']);
    }
  });

  it('are repeated where the code stands in the head of an answer that is nothing else, and not where it comes behind it', async () => {
    const atOnce = await simulatedSummary(
      { load: CALLS, events: refusing(false) },
      { annotations: OFF, others: REPEATED },
    );
    expect(atOnce.errors).toBe(0);
    expect(atOnce.retries).toBe(atOnce.pods[0]?.requests);
    const late = await simulatedSummary(
      { load: CALLS, events: refusing(true) },
      { annotations: OFF, others: REPEATED },
    );
    expect(late.retries).toBe(0);
    expect(late.errors).toBe(late.pods[0]?.requests);
  });

  it.each([false, true])('eject the pod that fails them by default: late = %s', async (late) => {
    const { ejections, pods } = await simulatedSummary({ load: CALLS, events: refusing(late) });
    expect(ejections).toBe(1);
    expect(pods[0]?.requests).toBeLessThanOrEqual(10);
  });

  it('are refused as UNAVAILABLE by a pod without room', async () => {
    const pods = { count: 1, zones: [], latency: { kind: 'fixed', ms: 100 }, concurrency: 1, queue: 0 } as const;
    const { reasons } = await simulatedSummary({ load: CALLS, pods }, { annotations: OFF });
    expect(reasons.map(({ reason }) => reason)).toEqual(['grpc-status UNAVAILABLE']);
  });

  it('end by the Service’s timeout, which the sidecar tells as gRPC does, with its own reason', async () => {
    const { errors, reasons } = await simulatedSummary(
      { load: CALLS, events: [{ atMs: 0, do: 'slow', pods: FIRST, factor: 100 }] },
      { annotations: { ...OFF, 'switchboard.dev/timeout': '50ms' } },
    );
    expect(errors).toBeGreaterThan(200);
    expect(reasons.map(({ reason }) => reason)).toEqual(['UT upstream_timeout']);
  });

  it('are lost with the connection that carries them all when their pod is killed, and go elsewhere at once', async () => {
    const pods = { count: 2, zones: [], latency: { kind: 'fixed', ms: 100 }, concurrency: 0, queue: 0 } as const;
    const scenario: Partial<ScenarioSpec> = {
      ...{ load: CALLS, pods },
      events: [{ atMs: 5_000, do: 'kill', pods: FIRST, noticedMs: 60_000 }],
    };
    const { errors, reasons } = await simulatedSummary(scenario, { annotations: OFF });
    // Five are in work there on average.
    expect(errors).toBeGreaterThan(0);
    expect(errors).toBeLessThan(15);
    expect(reasons.map(({ reason }) => reason)).toEqual(['UC upstream_connection_termination']);
  });
});

describe('simulated bodies', () => {
  const uploads = (bodyBytes: number): LoadSpec => {
    return { ratePerSecond: 100, methods: [{ method: 'PUT', share: 1 }], bodyBytes };
  };
  const failing: readonly EventSpec[] = [{ atMs: 0, do: 'fail', pods: FIRST, share: 0.3, failure: { status: 503 } }];

  it('are sent again up to 64 KiB, and once beyond', async () => {
    const events = failing;
    const fits = await simulatedSummary({ load: uploads(65_536), events }, { annotations: OFF });
    expect(fits).toMatchObject({ errors: 0 });
    expect(fits.retries).toBe(fits.pods[0]?.failures);
    const over = await simulatedSummary({ load: uploads(65_537), events }, { annotations: OFF });
    expect(over).toMatchObject({ retries: 0, errors: over.pods[0]?.failures });
    expect(over.errorPercent).toBeGreaterThan(5);
  });

  it('wait for a connection: one of 300 KiB goes to another pod where nobody listens at the first', async () => {
    const events: readonly EventSpec[] = [{ atMs: 3_000, do: 'kill', pods: FIRST, noticedMs: 60_000 }];
    const { errors, retries } = await simulatedSummary({ load: uploads(307_200), events }, { annotations: OFF });
    expect(errors).toBe(0);
    expect(retries).toBeGreaterThan(100);
  });

  it('come with methods that have one, and make no difference to others', async () => {
    const gets: LoadSpec = { ratePerSecond: 100, methods: [{ method: 'GET', share: 1 }] };
    const plain = await simulatedSummary({ load: gets, events: failing }, { annotations: OFF });
    const larger = { ...gets, bodyBytes: 1_048_576 };
    expect(await simulatedSummary({ load: larger, events: failing }, { annotations: OFF })).toEqual(plain);
  });
});
