// The real Envoy and our sidecar side by side on one control plane: requests through HTTP filters get the same answers from both.
import { DEFAULT_ADAPTIVE_CONCURRENCY } from '../../src/model/adaptive-concurrency-spec.ts';
import type { HttpFilterSpec } from '../../src/model/http-filter-spec.ts';
import { FILTER_CASES, FILTERED, filteredSnapshot, picked } from '../support/filter-cases.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { comparable } from '../support/proxy-differences.ts';
import { type RoutedAnswer, send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { SideBySide } from '../support/side-by-side.ts';
import { waitUntil } from '../support/wait-until.ts';

describeWithPeers('HTTP filters of Envoy and of the sidecar', ['envoy'], (paths) => {
  let backend: ToldBackend | null = null;
  let both: SideBySide;

  beforeAll(async () => {
    backend = await startToldBackend('a');
    both = await SideBySide.start(paths['envoy'] ?? '', filteredSnapshot([backend.address]));
  }, 30_000);

  afterAll(async () => {
    await both?.close();
    backend?.server.close().closeAllConnections();
  });

  it('are configured without a refusal by either', () => {
    expect(both.server.connectedClients()).toHaveLength(2);
    expect(both.refusals).toEqual([]);
  });

  it.each(FILTER_CASES.map((one) => [`${one.path}: ${one.title}`, one] as const))('%s', async (_, one) => {
    const { envoy, sidecar } = both.portsOf(FILTERED);
    const lastOf = async (port: number): Promise<RoutedAnswer> => {
      for (let sent = 1; sent < (one.times ?? 1); sent += 1) await send(port, one);
      return send(port, one);
    };
    const [theirs, ours] = await Promise.all([lastOf(envoy), lastOf(sidecar)]);
    const fields = Object.entries(ours.fields).filter(([name]) => one.notInEnvoy?.includes(name) !== true);
    expect(comparable({ ...ours, fields: Object.fromEntries(fields) })).toEqual(comparable(theirs));
    expect([ours.status, picked(ours.fields, one.fields)]).toEqual([one.status, one.fields ?? {}]);
  });
});

describeWithPeers('adaptive concurrency of Envoy and of the sidecar', ['envoy'], (paths) => {
  it('refuses a second request at a time where one is the limit, with 503', async () => {
    const backend = await startToldBackend('a');
    const minRtt = {
      kind: 'measured',
      intervalMs: 60_000,
      jitterPercent: 0,
      requestCount: 50,
      minConcurrency: 1,
    } as const;
    const concurrency = { ...DEFAULT_ADAPTIVE_CONCURRENCY, minLimit: 1, minRtt };
    const filters: HttpFilterSpec[] = [{ name: 'adaptive', config: { kind: 'adaptive-concurrency', concurrency } }];
    const both = await SideBySide.start(paths['envoy'] ?? '', filteredSnapshot([backend.address], filters));
    const { envoy, sidecar } = both.portsOf(FILTERED);
    const bothAtOnce = async (port: number): Promise<RoutedAnswer[]> => {
      const late = send(port, { host: 'filtered.test', path: '/late' });
      await waitUntil('the first is in work', async () => {
        const probe = await send(port, { host: 'filtered.test', path: '/shop' });
        return probe.status === 503 ? probe : null;
      });
      return [await late, await send(port, { host: 'filtered.test', path: '/shop' })];
    };
    const [theirs, ours] = await Promise.all([bothAtOnce(envoy), bothAtOnce(sidecar)]);
    expect([ours.map(({ status }) => status), both.refusals]).toEqual([theirs.map(({ status }) => status), []]);
    expect(ours.map(({ status }) => status)).toEqual([200, 200]);
    await both.close();
    backend.server.close().closeAllConnections();
  }, 30_000);
});
