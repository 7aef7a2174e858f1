// From acknowledgements to how long each change took to each subscriber.
import type { Change } from './mesh.ts';

export interface Ack {
  readonly service: number;
  readonly atUs: number;
}

/** From the change in the registry to the subscriber's ACK, µs, in no order. */
export interface Delays {
  readonly gone: readonly number[];
  readonly come: readonly number[];
}

/** `appliedUs`: when each of `changes` was applied. What belongs to no change is left out. */
export function matchAcks(changes: readonly Change[], appliedUs: readonly number[], acks: readonly Ack[]): Delays {
  const indexes = new Map(changes.map(({ service }, index) => [service, index]));
  const delays = { gone: [] as number[], come: [] as number[] };
  for (const { service, atUs } of acks) {
    const index = indexes.get(service) ?? -1;
    const kind = changes[index]?.kind;
    const startUs = appliedUs[index];
    if (kind !== undefined && startUs !== undefined && atUs >= startUs) delays[kind].push(atUs - startUs);
  }
  return delays;
}
