// What balancing algorithms are told, wherever it stands: their options as messages have them → BalancingSpec, checked as Envoy checks it.
import {
  type BalancingSpec,
  DEFAULT_HASHING,
  DEFAULT_LEAST_REQUEST,
  DEFAULT_MAGLEV,
  DEFAULT_PANIC_THRESHOLD,
  DEFAULT_RING_HASH,
  type HashingSpec,
  MAX_MAGLEV_TABLE_SIZE,
  MAX_RING_SIZE,
} from '../../model/balancing-spec.ts';
import type { ClusterSpec } from '../../model/cluster-spec.ts';
import { Cluster_RingHashLbConfig_HashFunction } from '../gen/envoy/config/cluster/v3/cluster_pb.ts';
import type { RuntimeDouble } from '../gen/envoy/config/core/v3/base_pb.ts';
import type { DecodeContext } from './decode-context.ts';

export type Balancing = Pick<ClusterSpec, 'loadBalancer' | 'balancing'>;

/** Options that say nothing are left out. */
export function balancingOf(loadBalancer: Balancing['loadBalancer'], balancing: BalancingSpec): Balancing {
  return Object.keys(balancing).length === 0 ? { loadBalancer } : { loadBalancer, balancing };
}

interface LeastRequestOptions {
  readonly choiceCount?: number | undefined;
  readonly activeRequestBias?: RuntimeDouble | undefined;
}

export function decodeLeastRequest(
  options: LeastRequestOptions | undefined,
  fullScan: boolean,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'leastRequest'> {
  const { choiceCount, activeRequestBias } = DEFAULT_LEAST_REQUEST;
  const choices = options?.choiceCount ?? choiceCount;
  const bias = options?.activeRequestBias?.defaultValue ?? activeRequestBias;
  if (choices < 2) context.refuse(`${path}.choice_count`, `is ${choices}`, 'give at least 2');
  if (!(bias >= 0 && bias < Number.POSITIVE_INFINITY)) {
    context.refuse(`${path}.active_request_bias.default_value`, `is ${bias}`, 'give at least 0');
  }
  const usual = choices === choiceCount && bias === activeRequestBias && !fullScan;
  const leastRequest = { choiceCount: choices, activeRequestBias: bias, fullScan };
  return usual ? {} : { leastRequest };
}

interface RingOptions {
  readonly minRingSize: bigint | undefined;
  readonly maxRingSize: bigint | undefined;
  readonly murmur: boolean;
}

export function isMurmurHash(hash: Cluster_RingHashLbConfig_HashFunction | undefined): boolean {
  return hash === Cluster_RingHashLbConfig_HashFunction.MURMUR_HASH_2;
}

export function decodeRingHash(
  { minRingSize: min, maxRingSize: max, murmur }: RingOptions,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'ringHash'> {
  const minRingSize = min === undefined ? DEFAULT_RING_HASH.minRingSize : Number(min);
  const maxRingSize = max === undefined ? DEFAULT_RING_HASH.maxRingSize : Number(max);
  if (!(minRingSize >= 1 && minRingSize <= maxRingSize)) {
    context.refuse(`${path}.minimum_ring_size`, `is ${minRingSize}`, `give 1 … ${maxRingSize}`);
  }
  if (maxRingSize > MAX_RING_SIZE) {
    context.refuse(`${path}.maximum_ring_size`, `is ${maxRingSize}`, `give at most ${MAX_RING_SIZE}`);
  }
  const usual = minRingSize === DEFAULT_RING_HASH.minRingSize && maxRingSize === DEFAULT_RING_HASH.maxRingSize;
  const hashFunction = murmur ? 'murmur-hash-2' : 'xx-hash';
  return usual && !murmur ? {} : { ringHash: { minRingSize, maxRingSize, hashFunction } };
}

export function decodeMaglev(
  size: bigint | undefined,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'maglev'> {
  const tableSize = size === undefined ? DEFAULT_MAGLEV.tableSize : Number(size);
  if (tableSize > MAX_MAGLEV_TABLE_SIZE || !isPrime(tableSize)) {
    context.refuse(`${path}.table_size`, `is ${tableSize}`, `give a prime, at most ${MAX_MAGLEV_TABLE_SIZE}`);
  }
  return tableSize === DEFAULT_MAGLEV.tableSize ? {} : { maglev: { tableSize } };
}

function isPrime(value: number): boolean {
  if (value < 3 || value % 2 === 0) return value === 2;
  for (let factor = 3; factor * factor <= value && value <= MAX_MAGLEV_TABLE_SIZE; factor += 2) {
    if (value % factor === 0) return false;
  }
  return true;
}

interface HashingOptions {
  readonly useHostnameForHashing: boolean;
  readonly hashBalanceFactor?: number | undefined;
}

export function decodeHashing(
  options: HashingOptions | undefined,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'hashing'> {
  if (options === undefined) return {};
  const { useHostnameForHashing: byHostname, hashBalanceFactor: balanceFactor = 0 } = options;
  if (options.hashBalanceFactor !== undefined && balanceFactor < 100) {
    context.refuse(`${path}.hash_balance_factor`, `is ${balanceFactor}`, 'give at least 100');
  }
  const hashing: HashingSpec = { byHostname, balanceFactor };
  const usual = byHostname === DEFAULT_HASHING.byHostname && balanceFactor === DEFAULT_HASHING.balanceFactor;
  return usual ? {} : { hashing };
}

/** Envoy rounds it to whole percents. */
export function decodePanicThreshold(
  percent: { readonly value: number } | undefined,
  context: DecodeContext,
  path: string,
): Pick<BalancingSpec, 'panicThreshold'> {
  if (percent === undefined) return {};
  const panicThreshold = Math.round(percent.value);
  if (!(percent.value >= 0 && percent.value <= 100)) context.refuse(path, `is ${percent.value}`, 'give 0 … 100');
  return panicThreshold === DEFAULT_PANIC_THRESHOLD ? {} : { panicThreshold };
}
