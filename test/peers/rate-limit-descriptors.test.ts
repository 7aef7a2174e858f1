// One bootstrap file in the real Envoy and in our sidecar: which requests rate limits with descriptors let pass, in which order.
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePorts } from '../../bench/bed/ports.ts';
import { listenerOf, loadAssignment } from '../support/bootstrap-files.ts';
import { describeWithPeers } from '../support/peer-suite.ts';
import { playBoth } from '../support/play-both.ts';
import { TempFolder } from '../support/temp-folder.ts';

const TYPES = 'type.googleapis.com/envoy.extensions.filters.http';
/** So many, and none more while the test runs. */
const tokens = (count: number) => ({ max_tokens: count, tokens_per_fill: count, fill_interval: '3600s' });
const ALL = { default_value: { numerator: 100 } };
const descriptor = (count: number, ...entries: readonly (readonly [string, string])[]) => ({
  entries: entries.map(([key, value]) => ({ key, value })),
  token_bucket: tokens(count),
});
const actions = (...list: readonly object[]) => ({ actions: list });
const USER = { request_headers: { header_name: 'X-User', descriptor_key: 'user' } };
const PLAN = { request_headers: { header_name: 'x-plan', descriptor_key: 'plan', skip_if_absent: true } };
const isMobile = (expected: boolean) => ({
  header_value_match: {
    descriptor_value: 'mobile',
    expect_match: expected,
    headers: [{ name: 'x-device', string_match: { prefix: 'phone' } }],
  },
});

type Fields = Readonly<Record<string, string>>;
const ANN = { 'x-user': 'ann' };
const BOB = { 'x-user': 'bob' };
const PHONE = { 'x-device': 'phone-7' };

/** What a route says, the requests in their order, and what becomes of them: `+` passes, `-` is refused. */
const CASES: Readonly<Record<string, readonly [limit: object, requests: readonly Fields[], seen: string]>> = {
  'a user of two': [
    { descriptors: [descriptor(2, ['user', 'ann'])], rate_limits: [actions(USER)], token_bucket: tokens(100) },
    [ANN, ANN, ANN, BOB, BOB, BOB, {}, ANN],
    '++-++++-',
  ],
  'a generic key': [
    {
      descriptors: [descriptor(1, ['generic_key', 'all'])],
      rate_limits: [actions({ generic_key: { descriptor_value: 'all' } })],
      token_bucket: tokens(100),
    },
    [{}, {}, ANN],
    '+--',
  ],
  'two entries': [
    {
      descriptors: [descriptor(1, ['tier', 'paid'], ['user', 'ann'])],
      rate_limits: [actions({ generic_key: { descriptor_value: 'paid', descriptor_key: 'tier' } }, USER)],
      token_bucket: tokens(100),
    },
    [ANN, ANN, BOB, {}, {}],
    '+-+++',
  ],
  'entries in another order': [
    {
      descriptors: [descriptor(1, ['user', 'ann'], ['tier', 'paid'])],
      rate_limits: [actions({ generic_key: { descriptor_value: 'paid', descriptor_key: 'tier' } }, USER)],
      token_bucket: tokens(100),
    },
    [ANN, ANN],
    '++',
  ],
  'an entry that may be absent': [
    {
      descriptors: [descriptor(1, ['user', 'ann']), descriptor(2, ['user', 'ann'], ['plan', 'gold'])],
      rate_limits: [actions(USER, PLAN)],
      token_bucket: tokens(100),
    },
    [ANN, ANN, { ...ANN, 'x-plan': 'gold' }, { ...ANN, 'x-plan': 'gold' }, { ...ANN, 'x-plan': 'gold' }],
    '+-++-',
  ],
  'the address': [
    {
      descriptors: [descriptor(1, ['remote_address', '127.0.0.1'])],
      rate_limits: [actions({ remote_address: {} })],
      token_bucket: tokens(100),
    },
    [{}, {}],
    '+-',
  ],
  'a match': [
    {
      descriptors: [descriptor(1, ['header_match', 'mobile'])],
      rate_limits: [actions(isMobile(true))],
      token_bucket: tokens(100),
    },
    [{}, {}, PHONE, PHONE, {}],
    '+++-+',
  ],
  'no match': [
    {
      descriptors: [descriptor(1, ['header_match', 'mobile'])],
      rate_limits: [actions(isMobile(false))],
      token_bucket: tokens(100),
    },
    [PHONE, PHONE, {}, {}],
    '+++-',
  ],
  'the bucket for all counts, too': [
    { descriptors: [descriptor(5, ['user', 'ann'])], rate_limits: [actions(USER)], token_bucket: tokens(2) },
    [ANN, BOB, ANN, BOB],
    '++--',
  ],
  'the bucket for all counts for the others alone': [
    {
      ...{ descriptors: [descriptor(3, ['user', 'ann'])], rate_limits: [actions(USER)] },
      ...{ token_bucket: tokens(1), always_consume_default_token_bucket: false },
    },
    [ANN, ANN, BOB, ANN, ANN, BOB],
    '++++--',
  ],
  'two descriptors of one request': [
    {
      descriptors: [descriptor(2, ['user', 'ann']), descriptor(3, ['header_match', 'mobile'])],
      rate_limits: [actions(USER), actions(isMobile(true))],
      token_bucket: tokens(100),
    },
    [{ ...ANN, ...PHONE }, { ...BOB, ...PHONE }, { ...BOB, ...PHONE }, { ...BOB, ...PHONE }, ANN, ANN],
    '+++-+-',
  ],
};

const pathOf = (name: string): string => `/${name.replaceAll(/[ ,]/g, '-')}`;

function bootstrap(pod: number, port: number): object {
  const limit = (rest: object) => ({
    '@type': `${TYPES}.local_ratelimit.v3.LocalRateLimit`,
    stat_prefix: 'x',
    ...rest,
  });
  const routes = Object.entries(CASES).map(([name, [said]]) => ({
    match: { path: pathOf(name) },
    route: { cluster: 'pod' },
    typed_per_filter_config: { limit: limit({ filter_enabled: ALL, filter_enforced: ALL, ...said }) },
  }));
  const http_filters = [
    { name: 'limit', typed_config: limit({}) },
    { name: 'router', typed_config: { '@type': `${TYPES}.router.v3.Router` } },
  ];
  const hosts = [{ name: 'all', domains: ['*'], routes }];
  return {
    static_resources: {
      listeners: [
        listenerOf('in', port, {
          use_remote_address: true,
          http_filters,
          route_config: { name: 'all', virtual_hosts: hosts },
        }),
      ],
      clusters: [{ name: 'pod', type: 'STATIC', load_assignment: loadAssignment('pod', [['127.0.0.1', pod]]) }],
    },
  };
}

describeWithPeers('Rate limits with descriptors, in Envoy and in the sidecar', ['envoy'], (paths) => {
  const folder = new TempFolder();
  const pod = createServer((_call, answer) => answer.end());
  const seen = new Map<string, Map<string, string>>();

  function ask(port: number, path: string, headers: Fields): Promise<string> {
    return new Promise((resolve, reject) => {
      const call = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
        response.resume();
        const { statusCode = 0 } = response;
        response.on('end', () =>
          resolve(({ 200: '+', 429: '-' } as Record<number, string>)[statusCode] ?? `${statusCode}`),
        );
      });
      call.on('error', reject);
      call.end();
    });
  }

  async function play(who: string, port: number): Promise<void> {
    const all = new Map<string, string>();
    for (const [name, [, requests]] of Object.entries(CASES)) {
      let order = '';
      for (const fields of requests) order += await ask(port, pathOf(name), fields);
      all.set(name, order);
    }
    seen.set(who, all);
  }

  beforeAll(async () => {
    await new Promise<void>((resolve) => pod.listen(0, '127.0.0.1', resolve));
    const [port = 0] = await freePorts(1);
    folder.write('bootstrap.json', JSON.stringify(bootstrap((pod.address() as AddressInfo).port, port)));
    await playBoth(paths, folder.at('bootstrap.json'), port, (who) => play(who, port));
  }, 60_000);

  afterAll(() => {
    pod.close();
    pod.closeAllConnections();
    folder.remove();
  });

  it.each(Object.entries(CASES).map(([name, [, , order]]) => [name, order]))('%s: both let pass %s', (name, order) => {
    expect([seen.get('envoy')?.get(name), seen.get('sidecar')?.get(name)]).toEqual([order, order]);
  });
});
