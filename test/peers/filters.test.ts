// The real Envoy and our sidecar side by side on one control plane: requests through HTTP filters get the same answers from both.
import { FILTER_CASES, FILTERED, filteredSnapshot, picked } from '../support/filter-cases.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { comparable } from '../support/proxy-differences.ts';
import { type RoutedAnswer, send, startToldBackend, type ToldBackend } from '../support/routed-request.ts';
import { SideBySide } from '../support/side-by-side.ts';

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
