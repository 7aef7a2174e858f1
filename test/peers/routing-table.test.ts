// The real Envoy and our sidecar side by side on one control plane: the same request gets the same answer, and the backend sees the same request.

import { describeWithPeers } from '../support/peer-suite.ts';
import { comparable } from '../support/proxy-differences.ts';
import { send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { DIFFERENT_CASES, ROUTING_CASES, summaryOf } from '../support/routing-cases.ts';
import { routingSnapshot, TABLE, TABLE_CONFIG } from '../support/routing-snapshot.ts';
import { SideBySide } from '../support/side-by-side.ts';

describeWithPeers('Envoy and the sidecar, side by side', ['envoy'], (paths) => {
  let backends: readonly ToldBackend[] = [];
  let both: SideBySide;

  beforeAll(async () => {
    backends = await Promise.all(['a', 'b', 'c'].map(startToldBackend));
    const [a, b, c] = backends.map(({ address }) => [address]);
    const snapshot = routingSnapshot({ a: a ?? [], b: b ?? [], c: c ?? [], empty: [] });
    both = await SideBySide.start(paths['envoy'] ?? '', snapshot);
  }, 30_000);

  afterAll(async () => {
    await both?.close();
    for (const backend of backends) backend.server.close().closeAllConnections();
  });

  it(`has ${ROUTING_CASES.length} cases, at least 60`, () => {
    expect(ROUTING_CASES.length).toBeGreaterThanOrEqual(60);
    expect(new Set(ROUTING_CASES.map(({ listener, title, method }) => `${listener} ${title} ${method}`)).size).toBe(
      ROUTING_CASES.length,
    );
  });

  it('is configured without a refusal by either', () => {
    expect(both.server.connectedClients()).toHaveLength(2);
    expect(both.refusals).toEqual([]);
  });

  it.each(ROUTING_CASES.map((one) => [`${one.listener}: ${one.method ?? 'GET'} ${one.title}`, one] as const))(
    '%s',
    async (_, one) => {
      const [theirs, ours] = await Promise.all([
        send(both.portsOf(one.listener).envoy, one),
        send(both.portsOf(one.listener).sidecar, one),
      ]);
      expect(comparable(ours)).toEqual(comparable(theirs));
      expect(summaryOf(ours)).toBe(one.is);
    },
  );

  it.each(DIFFERENT_CASES.map((one) => [one.title, one.why, one] as const))(
    'differs on purpose: %s, as %s',
    async (...[, , one]) => {
      const [theirs, ours] = await Promise.all([
        send(both.portsOf(one.listener).envoy, one),
        send(both.portsOf(one.listener).sidecar, one),
      ]);
      expect([summaryOf(ours), summaryOf(theirs)]).toEqual([one.is, one.envoy]);
    },
  );

  it('shares 600 requests by weights of 70, 20 and 10, each within 6 points', async () => {
    const wanted = { a: 70, b: 20, c: 10 };
    const { envoy, sidecar } = both.portsOf(TABLE);
    for (const port of [envoy, sidecar]) {
      const shares = await sharesOf(port, 600);
      for (const [name, share] of Object.entries(wanted)) {
        expect(Math.abs((shares.get(name) ?? 0) - share)).toBeLessThanOrEqual(6);
      }
    }
  }, 20_000);
});

/** Percent of `count` requests by backend. */
async function sharesOf(port: number, count: number): Promise<ReadonlyMap<string, number>> {
  const shares = new Map<string, number>();
  const [domain = ''] = TABLE_CONFIG.virtualHosts.find(({ name }) => name === 'weights')?.domains ?? [];
  for (let sent = 0; sent < count; sent += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(port, { host: domain, path: '/' })));
    for (const { seen } of answers) {
      shares.set(seen?.backend ?? '', (shares.get(seen?.backend ?? '') ?? 0) + 100 / count);
    }
  }
  return shares;
}
