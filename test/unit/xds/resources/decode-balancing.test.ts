// Load balancing as other control planes write it: the older fields, lists of policies, and what a sidecar must not take.
import { create, createRegistry, fromJson, type JsonObject, toBinary } from '@bufbuild/protobuf';
import { renderIssue } from '../../../../src/base/result.ts';
import { ClusterSchema } from '../../../../src/xds/gen/envoy/config/cluster/v3/cluster_pb.ts';
import { LeastRequestSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/least_request/v3/least_request_pb.ts';
import { MaglevSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/maglev/v3/maglev_pb.ts';
import { PickFirstSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/pick_first/v3/pick_first_pb.ts';
import { RandomSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/random/v3/random_pb.ts';
import { RingHashSchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/ring_hash/v3/ring_hash_pb.ts';
import { WrrLocalitySchema } from '../../../../src/xds/gen/envoy/extensions/load_balancing_policies/wrr_locality/v3/wrr_locality_pb.ts';
import { CLUSTER_TYPE } from '../../../../src/xds/resources/cluster.ts';

const POLICIES = 'envoy.extensions.load_balancing_policies';
const registry = createRegistry(
  LeastRequestSchema,
  MaglevSchema,
  PickFirstSchema,
  RandomSchema,
  RingHashSchema,
  WrrLocalitySchema,
);

/** A cluster as a bootstrap file would write it. */
function decode(json: JsonObject) {
  const message = fromJson(ClusterSchema, { name: 'c', ...json }, { registry });
  return CLUSTER_TYPE.decode(toBinary(ClusterSchema, create(ClusterSchema, message)));
}

/** What it comes to: algorithm, options, fields that were left out, or what is wrong. */
function outcome(json: JsonObject): unknown {
  const { result, ignored } = decode(json);
  if (!result.ok) return result.issues.map(renderIssue);
  const { loadBalancer, balancing } = result.value;
  return [loadBalancer, ...(balancing === undefined ? [] : [balancing]), ...ignored];
}

/** `load_balancing_policy` with these, in order. */
function policies(...listed: readonly (readonly [string, JsonObject?])[]): JsonObject {
  const list = listed.map(([name, fields = {}]) => ({
    typed_extension_config: {
      name,
      typed_config: { '@type': `type.googleapis.com/${POLICIES}.${name}`, ...fields },
    },
  }));
  return { load_balancing_policy: { policies: list } };
}

const RING = { minRingSize: 1_024, maxRingSize: 8_388_608, hashFunction: 'xx-hash' };

describe('lb_policy', () => {
  it.each<[string, JsonObject, unknown]>([
    ['nothing', {}, ['round-robin']],
    ['LEAST_REQUEST', { lb_policy: 'LEAST_REQUEST' }, ['least-request']],
    [
      'LEAST_REQUEST of 5 with a bias',
      {
        lb_policy: 'LEAST_REQUEST',
        least_request_lb_config: { choice_count: 5, active_request_bias: { default_value: 0.5, runtime_key: 'x' } },
      },
      ['least-request', { leastRequest: { choiceCount: 5, activeRequestBias: 0.5, fullScan: false } }],
    ],
    ['RANDOM', { lb_policy: 'RANDOM' }, ['random']],
    ['RING_HASH', { lb_policy: 'RING_HASH' }, ['ring-hash']],
    [
      'RING_HASH with MurmurHash and a bound',
      {
        lb_policy: 'RING_HASH',
        ring_hash_lb_config: { hash_function: 'MURMUR_HASH_2', maximum_ring_size: '2048' },
        common_lb_config: {
          consistent_hashing_lb_config: { use_hostname_for_hashing: true, hash_balance_factor: 150 },
        },
      },
      [
        'ring-hash',
        {
          ringHash: { ...RING, maxRingSize: 2_048, hashFunction: 'murmur-hash-2' },
          hashing: { byHostname: true, balanceFactor: 150 },
        },
      ],
    ],
    [
      'MAGLEV with a table of 503',
      { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: '503' } },
      ['maglev', { maglev: { tableSize: 503 } }],
    ],
    [
      'ROUND_ROBIN with slow start',
      {
        round_robin_lb_config: {
          slow_start_config: {
            slow_start_window: '60s',
            aggression: { default_value: 2, runtime_key: 'x' },
            min_weight_percent: { value: 5 },
          },
        },
      },
      ['round-robin', { slowStart: { windowMs: 60_000, aggression: 2, minWeightPercent: 5 } }],
    ],
    [
      'LEAST_REQUEST with slow start by default, panic below 30 % and localities by weight',
      {
        lb_policy: 'LEAST_REQUEST',
        least_request_lb_config: { slow_start_config: { slow_start_window: '1s' } },
        common_lb_config: { healthy_panic_threshold: { value: 29.6 }, locality_weighted_lb_config: {} },
      },
      [
        'least-request',
        {
          slowStart: { windowMs: 1_000, aggression: 1, minWeightPercent: 10 },
          locality: { kind: 'weighted' },
          panicThreshold: 30,
        },
      ],
    ],
    [
      'zone awareness by default',
      { common_lb_config: { zone_aware_lb_config: {} } },
      ['round-robin', { locality: { kind: 'zone-aware', percent: 100, minEndpoints: 6 } }],
    ],
    [
      'zone awareness with all that it may say, the percentage rounded as Envoy does it',
      {
        lb_policy: 'RANDOM',
        common_lb_config: {
          zone_aware_lb_config: {
            routing_enabled: { value: 49.6 },
            min_cluster_size: 0,
            fail_traffic_on_panic: true,
          },
        },
      },
      ['random', { locality: { kind: 'zone-aware', percent: 50, minEndpoints: 0, failInPanic: true } }],
    ],
    [
      'no zone awareness of hashing',
      { lb_policy: 'MAGLEV', common_lb_config: { zone_aware_lb_config: {} } },
      ['maglev'],
    ],
    [
      'subsets, with what does not change who is in them noted',
      {
        lb_policy: 'RANDOM',
        lb_subset_config: {
          fallback_policy: 'DEFAULT_SUBSET',
          default_subset: { version: 'v1', canary: false },
          subset_selectors: [
            { keys: ['version', 'stage', 'version'] },
            { keys: ['stage'], fallback_policy: 'NO_FALLBACK', single_host_per_subset: true },
          ],
          panic_mode_any: true,
        },
      },
      [
        'random',
        {
          subsets: {
            fallback: 'default',
            defaultSubset: { version: '"v1"', canary: 'false' },
            selectors: [{ keys: ['stage', 'version'] }, { keys: ['stage'], fallback: 'none' }],
          },
        },
        'lb_subset_config.subset_selectors[1].single_host_per_subset',
        'lb_subset_config.panic_mode_any',
      ],
    ],
    ['slow start without a window', { round_robin_lb_config: { slow_start_config: {} } }, ['round-robin']],
    ['CLUSTER_PROVIDED', { lb_policy: 'CLUSTER_PROVIDED' }, ['round-robin', 'lb_policy']],
  ])('%s is taken', (_what, json, expected) => {
    expect(outcome(json)).toEqual(expected);
  });

  it.each<[string, JsonObject, string]>([
    [
      'more requests than all that keep to zones',
      { common_lb_config: { zone_aware_lb_config: { routing_enabled: { value: 101 } } } },
      'cluster "c": common_lb_config.zone_aware_lb_config.routing_enabled: is 101; give 0 … 100',
    ],
    [
      'one choice',
      { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: 1 } },
      'cluster "c": least_request_lb_config.choice_count: is 1; give at least 2',
    ],
    [
      'a bias below 0',
      { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { active_request_bias: { default_value: -1 } } },
      'cluster "c": least_request_lb_config.active_request_bias.default_value: is -1; give at least 0',
    ],
    [
      'a ring that is to be larger than it may be',
      { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: '10', maximum_ring_size: '5' } },
      'cluster "c": ring_hash_lb_config.minimum_ring_size: is 10; give 1 … 5',
    ],
    [
      'a ring beyond all bounds',
      { lb_policy: 'RING_HASH', ring_hash_lb_config: { maximum_ring_size: '8388609' } },
      'cluster "c": ring_hash_lb_config.maximum_ring_size: is 8388609; give at most 8388608',
    ],
    [
      'a table whose size is no prime',
      { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: '1001' } },
      'cluster "c": maglev_lb_config.table_size: is 1001; give a prime, at most 5000011',
    ],
    [
      'a table that would fill the memory',
      { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: '9007199254740881' } },
      'cluster "c": maglev_lb_config.table_size: is 9007199254740881; give a prime, at most 5000011',
    ],
    [
      'a panic threshold above 100 %',
      { common_lb_config: { healthy_panic_threshold: { value: 101 } } },
      'cluster "c": common_lb_config.healthy_panic_threshold: is 101; give 0 … 100',
    ],
    [
      'slow start that never ends',
      {
        round_robin_lb_config: {
          slow_start_config: { slow_start_window: '1s', aggression: { default_value: 0, runtime_key: 'x' } },
        },
      },
      'cluster "c": round_robin_lb_config.slow_start_config.aggression.default_value: is 0; give more than 0',
    ],
    [
      'a least share above the whole',
      { round_robin_lb_config: { slow_start_config: { slow_start_window: '1s', min_weight_percent: { value: 101 } } } },
      'cluster "c": round_robin_lb_config.slow_start_config.min_weight_percent: is 101; give 0 … 100',
    ],
    [
      'a subset of fewer keys instead',
      { lb_subset_config: { subset_selectors: [{ keys: ['a'], fallback_policy: 'KEYS_SUBSET' }] } },
      'cluster "c": lb_subset_config.subset_selectors[0].fallback_policy: is not supported; use NO_FALLBACK, ANY_ENDPOINT or DEFAULT_SUBSET',
    ],
    [
      'a selector of nothing',
      { lb_subset_config: { subset_selectors: [{}] } },
      'cluster "c": lb_subset_config.subset_selectors[0].keys: is empty; name the labels that make subsets',
    ],
    [
      'lists that count as each of their items',
      { lb_subset_config: { list_as_any: true } },
      'cluster "c": lb_subset_config.list_as_any: is not supported, and without it the configuration would mean something else; remove it',
    ],
    [
      'a bound below the average',
      {
        lb_policy: 'MAGLEV',
        common_lb_config: { consistent_hashing_lb_config: { hash_balance_factor: 99 } },
      },
      'cluster "c": common_lb_config.consistent_hashing_lb_config.hash_balance_factor: is 99; give at least 100',
    ],
  ])('%s is refused', (_what, json, expected) => {
    expect(outcome(json)).toEqual([expected]);
  });
});

describe('load_balancing_policy', () => {
  it.each<[string, JsonObject, unknown]>([
    [
      'the first that is known, before lb_policy',
      { lb_policy: 'RANDOM', ...policies(['maglev.v3.Maglev'], ['random.v3.Random']) },
      ['maglev'],
    ],
    [
      'least request that compares all',
      policies(['least_request.v3.LeastRequest', { selection_method: 'FULL_SCAN' }]),
      ['least-request', { leastRequest: { choiceCount: 2, activeRequestBias: 1, fullScan: true } }],
    ],
    [
      'a ring with the older fields of its bound',
      policies(['ring_hash.v3.RingHash', { hash_balance_factor: 120 }]),
      ['ring-hash', { hashing: { byHostname: false, balanceFactor: 120 } }],
    ],
    [
      'pick first, shuffled',
      policies(['pick_first.v3.PickFirst', { shuffle_address_list: true }]),
      ['pick-first', { pickFirst: { shuffle: true } }],
    ],
    [
      'round robin of an empty list, which is noted',
      { load_balancing_policy: {} },
      ['round-robin', 'load_balancing_policy.policies'],
    ],
  ])('means %s', (_what, json, expected) => {
    expect(outcome(json)).toEqual(expected);
  });

  it('passes over policies that this build lacks', () => {
    const listed = ['a.B', `${POLICIES}.random.v3.Random`].map((typeName) => ({
      typedExtensionConfig: { name: typeName, typedConfig: { typeUrl: `type.googleapis.com/${typeName}` } },
    }));
    const message = create(ClusterSchema, { name: 'c', loadBalancingPolicy: { policies: listed } });
    const { result } = CLUSTER_TYPE.decode(toBinary(ClusterSchema, message));
    expect(result.ok && result.value.loadBalancer).toBe('random');
  });
});

describe('zone awareness of a policy', () => {
  it.each<[string, JsonObject, unknown]>([
    ['force_locality_direct_routing', { force_locality_direct_routing: true }, { forceLocalFrom: 1 }],
    ['force_local_zone', { force_local_zone: {} }, { forceLocalFrom: 1 }],
    ['force_local_zone with its size', { force_local_zone: { min_size: 3 } }, { forceLocalFrom: 3 }],
    ['locality_basis', { locality_basis: 'HEALTHY_HOSTS_WEIGHT' }, { byWeight: true }],
  ])('may say %s', (_what, config, expected) => {
    const json = policies(['random.v3.Random', { locality_lb_config: { zone_aware_lb_config: config } }]);
    expect(outcome(json)).toEqual([
      'random',
      { locality: { kind: 'zone-aware', percent: 100, minEndpoints: 6, ...(expected as object) } },
    ]);
  });
});
