// Promises of HTTP filters together: CORS, faults and rate limits, as listeners, hosts, routes and weighted clusters say them.
import { FILTER_CASES, FILTERED_CONFIG, FILTERS, picked } from '../../support/filter-cases.ts';
import { LISTENER, type LivePlane, ROUTES } from '../../support/live-plane.ts';
import { type RoutedAnswer, send, startToldBackend, type ToldBackend } from '../../support/routed-request.ts';
import { Stage } from '../../support/stage.ts';

describe('requests through filters', () => {
  const stage = new Stage();
  let backend: ToldBackend | null = null;
  let plane: LivePlane;

  beforeAll(async () => {
    backend = await startToldBackend('a');
    plane = await stage.plane({ services: { a: [backend.address], empty: [] }, http: { filters: FILTERS } });
    plane.apply({ routes: { upserted: [{ ...FILTERED_CONFIG, name: ROUTES }], removed: [] } });
  });

  afterAll(async () => {
    await stage.close();
    backend?.server.close().closeAllConnections();
  });

  it.each(FILTER_CASES.map((one) => [`${one.path}: ${one.title}`, one] as const))('%s', async (_, one) => {
    let answer: RoutedAnswer | null = null;
    for (let sent = 0; sent < (one.times ?? 1); sent += 1) answer = await send(plane.port, one);
    expect([answer?.status, picked(answer?.fields ?? {}, one.fields)]).toEqual([one.status, one.fields ?? {}]);
  });

  it('are counted: origins that are allowed, and those that are not', () => {
    const stat = (name: string): number => plane.stat(`http.${LISTENER}.cors.${name}`);
    expect(stat('origin_valid')).toBeGreaterThan(5);
    expect(stat('origin_invalid')).toBe(3);
  });

  it('edit answers in the opposite order, and only by the filters that have seen the request', async () => {
    const reversed = await stage.plane({ services: { a: [], empty: [] }, http: { filters: [...FILTERS].reverse() } });
    reversed.apply({ routes: { upserted: [{ ...FILTERED_CONFIG, name: ROUTES }], removed: [] } });
    const origin = ['origin', 'https://shop.test'] as const;
    const ask = (path: string): Promise<RoutedAnswer> =>
      send(reversed.port, { host: 'filtered.test', path, headers: [origin] });
    const [refused, gone] = [await ask('/abort'), await ask('/gone')];
    const name = 'access-control-allow-origin';
    expect([refused.status, refused.fields[name], gone.status, gone.fields[name]]).toEqual([
      418,
      undefined,
      503,
      origin[1],
    ]);
  });
});
