// What the mesh promises in the scenarios that come along, without any policy and beside others.
import { simulateFiles } from '../../../src/app/simulate-app.ts';
import type { SimulationSummary } from '../../../src/simulate/summary.ts';
import { serviceManifest } from '../../support/simulated-run.ts';
import { TempFolder } from '../../support/temp-folder.ts';

/** Of a machine that does much else. */
const TIMEOUT_MS = 240_000;

const folder = new TempFolder();

afterAll(() => folder.remove());

/** The defaults first, then a run for each of `policies`: annotations without `switchboard.dev/`. */
async function runs(scenario: string, ...policies: readonly Readonly<Record<string, string>>[]) {
  const files = policies.map((policy, at) => {
    const annotations = Object.entries(policy).map(([name, value]) => [`switchboard.dev/${name}`, value]);
    folder.write(`${at}.yaml`, serviceManifest(Object.fromEntries(annotations)));
    return folder.at(`${at}.yaml`);
  });
  const answer = await simulateFiles({ policies: [null, ...files], service: null, scenario, seed: 1 });
  if (!answer.ok) throw new Error(answer.issues.map(({ message }) => message).join('; '));
  return answer.value.runs;
}

function errorsOf(run: SimulationSummary | undefined, method: string): number {
  return run?.methods.find((one) => one.method === method)?.errorPercent ?? Number.NaN;
}

describe('simulated scenarios', () => {
  it(
    'sick-pod: fewer than 0.1 % of GETs fail by default, and 10 % with neither retries nor ejection',
    async () => {
      const bare = { retries: '0', 'outlier-detection': 'off' };
      const [defaults, nothing] = await runs('sick-pod', bare);
      expect(errorsOf(defaults, 'GET')).toBeLessThan(0.1);
      // A pod that has seen a POST may have done what it says: the rest is what ejection takes to notice.
      expect(errorsOf(defaults, 'POST')).toBeLessThan(2);
      expect(Math.abs((nothing?.errorPercent ?? 0) - 10)).toBeLessThan(0.5);
    },
    TIMEOUT_MS,
  );

  it(
    'rolling-restart: nothing fails, and each of 1,000 sessions moves once, not before its pod is gone',
    async () => {
      const [defaults] = await runs('rolling-restart');
      expect(defaults).toMatchObject({
        errors: 0,
        sessions: { count: 1_000, moved: 1_000, movedAgain: 0, movedNeedlessly: 0 },
      });
    },
    TIMEOUT_MS,
  );

  it(
    'retry-storm: pods get at most 1.25 requests for each, and the first moment without failures is the first without errors',
    async () => {
      const [defaults] = await runs('retry-storm');
      const during = defaults?.moments.filter(({ atMs }) => atMs >= 10_000 && atMs < 30_000) ?? [];
      const sum = (value: (moment: (typeof during)[number]) => number): number =>
        during.reduce((all, moment) => all + value(moment), 0);
      expect(sum(({ attempts }) => attempts) / sum(({ requests }) => requests)).toBeLessThanOrEqual(1.25);
      const after = defaults?.moments.filter(({ atMs }) => atMs >= 31_000) ?? [];
      expect(after.length).toBeGreaterThan(10);
      expect(after.every(({ errors }) => errors === 0)).toBe(true);
    },
    TIMEOUT_MS,
  );

  it(
    'slow-pod: who balances by load or latency halves what the slowest of 100 requests wait for',
    async () => {
      const [roundRobin, leastRequest, peakEwma] = await runs(
        'slow-pod',
        { 'load-balancer': 'least-request' },
        { 'load-balancer': 'peak-ewma' },
      );
      const p99 = roundRobin?.latencyMs.p99 ?? Number.NaN;
      expect(leastRequest?.latencyMs.p99).toBeLessThan(p99 / 2);
      expect(peakEwma?.latencyMs.p99).toBeLessThan(p99 / 2);
    },
    TIMEOUT_MS,
  );

  it(
    'zone-outage: fewer than 0.1 % of the requests fail though a third of the pods is gone without a word',
    async () => {
      const [defaults] = await runs('zone-outage');
      expect(defaults?.errorPercent).toBeLessThan(0.1);
    },
    TIMEOUT_MS,
  );

  it(
    'slow-zone: callers that prefer their zone leave it while it is slow, and nine of ten wait half as long as without',
    async () => {
      const [preferring, nothing] = await runs('slow-zone', {});
      expect(preferring?.errors).toBe(0);
      expect(preferring?.latencyMs.p90).toBeLessThan((nothing?.latencyMs.p90 ?? 0) / 2);
      const inZone = preferring?.pods.filter(({ zone }) => zone === 'b').map(({ percent }) => percent) ?? [];
      expect(inZone.length).toBe(3);
      expect(inZone.reduce((sum, percent) => sum + percent, 0)).toBeLessThan(28);
    },
    TIMEOUT_MS,
  );

  it('tell what is wrong with their policies, by the names that they have there', async () => {
    folder.write('mine.yaml', 'duration: 1s\nload: {rate: 1}\npolicy: {loadBalancer: {type: rond}}\n');
    const answer = await simulateFiles({ policies: [null], service: null, scenario: folder.at('mine.yaml'), seed: 1 });
    expect(answer.ok ? [] : answer.issues).toMatchObject([
      { source: folder.at('mine.yaml'), path: 'policy.loadBalancer.type', message: 'has the unknown value "rond"' },
    ]);
  });

  it(
    'deploy: with slow start nothing fails, and the slowest of 100 requests wait for a tenth of what they do without',
    async () => {
      const [slowStart, nothing] = await runs('deploy', {});
      expect(slowStart).toMatchObject({ errors: 0 });
      expect(slowStart?.pods.length).toBe(10);
      expect(slowStart?.latencyMs.p99).toBeLessThan((nothing?.latencyMs.p99 ?? 0) / 10);
    },
    TIMEOUT_MS,
  );

  it(
    'one-of-100-leaves: at most 2.5 % of 5,000 users move with Maglev and with a ring, and none of them twice',
    async () => {
      const [maglev, ring] = await runs('one-of-100-leaves', {
        'load-balancer': 'ring-hash',
        affinity: 'header:x-user',
      });
      for (const run of [maglev, ring]) {
        expect(run?.sessions?.movedPercent).toBeGreaterThan(0.2);
        expect(run?.sessions?.movedPercent).toBeLessThanOrEqual(2.5);
        expect(run?.sessions?.movedAgain).toBe(0);
      }
    },
    TIMEOUT_MS,
  );
});
