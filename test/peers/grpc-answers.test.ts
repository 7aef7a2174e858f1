// The real Envoy and our sidecar side by side: how callers of gRPC hear of answers that a route gives by itself.
import type { HeaderToAddSpec } from '../../src/model/header-changes-spec.ts';
import type { RouteSpec } from '../../src/model/route-spec.ts';
import { FILTERED, filteredSnapshot } from '../support/filter-cases.ts';
import { Http2Caller } from '../support/http2-caller.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { SideBySide } from '../support/side-by-side.ts';

const AUTHORITY = 'answers.test';
const STATUSES = [200, 400, 401, 403, 404, 429, 500, 502, 503, 504];
const BODIES = ['', 'try later: 100 % of it is taken', 'línea\n'];

interface Case {
  readonly path: string;
  readonly action: RouteSpec['action'];
  /** `grpc-status`. */
  readonly status: string;
}

const STATUS_OF: Readonly<Record<number, string>> = {
  ...{ 400: '13', 401: '16', 403: '7', 404: '12', 429: '14', 502: '14', 503: '14', 504: '14' },
};

const CASES: readonly Case[] = [
  ...STATUSES.map((status): Case => {
    const action = { kind: 'direct-response', status, body: 'why' } as const;
    return { path: `/${status}`, action, status: STATUS_OF[status] ?? '2' };
  }),
  ...BODIES.map((body, index): Case => {
    return { path: `/body-${index}`, action: { kind: 'direct-response', status: 503, body }, status: '14' };
  }),
  { path: '/moved', action: { kind: 'redirect', status: 301, host: 'other.test' }, status: '2' },
];

const COMPARED = [':status', 'content-type', 'grpc-status', 'grpc-message', 'location', 'x-added'];

describeWithPeers('what a route answers to a call of gRPC, by Envoy and by the sidecar', ['envoy'], (paths) => {
  let both: SideBySide;
  const callers: Http2Caller[] = [];

  beforeAll(async () => {
    const snapshot = filteredSnapshot([], []);
    const routes = CASES.map(
      ({ path, action }): RouteSpec => ({ name: path, match: { path: { kind: 'exact', value: path } }, action }),
    );
    const added: HeaderToAddSpec = { name: 'x-added', value: '1', action: 'append' };
    const headers = { response: { add: [added], remove: [] } };
    const virtualHosts = [{ name: 'answers', domains: [AUTHORITY], routes, headers }];
    both = await SideBySide.start(paths['envoy'] ?? '', {
      ...snapshot,
      routes: new Map([[FILTERED, { name: FILTERED, virtualHosts }]]),
    });
    const { envoy, sidecar } = both.portsOf(FILTERED);
    callers.push(new Http2Caller(envoy), new Http2Caller(sidecar));
  }, 30_000);

  afterAll(async () => {
    for (const caller of callers) caller.close();
    await both?.close();
  });

  it.each(CASES.map((one) => [one.path, one.status] as const))('%s is told as %s', async (path, status) => {
    const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
    const [theirs, ours] = await Promise.all(callers.map((caller) => caller.ask(AUTHORITY, headers, Buffer.alloc(5))));
    const compared = (answer: typeof ours) => ({
      body: answer?.body.toString(),
      fields: COMPARED.map((name) => answer?.headers[name]),
    });
    expect(compared(ours)).toEqual(compared(theirs));
    expect(ours?.headers['grpc-status']).toBe(status);
  });
});
