// What has to be told to somebody who was told another snapshot before.
import type { Changes, ResourceChanges } from '../model/config-sink.ts';
import type { ListenerSpec } from '../model/listener-spec.ts';
import { EMPTY_SNAPSHOT, type Snapshot } from '../model/snapshot.ts';

/** A spec that is the same object has not changed. Listeners bind no port: callers come in another way. */
export function snapshotChanges(before: Snapshot | null, after: Snapshot): Changes {
  const { clusters, endpoints, routes, listeners } = before ?? EMPTY_SNAPSHOT;
  const changed = difference(listeners, after.listeners);
  return {
    clusters: difference(clusters, after.clusters),
    endpoints: difference(endpoints, after.endpoints),
    routes: difference(routes, after.routes),
    listeners: {
      ...changed,
      upserted: changed.upserted.map((spec): ListenerSpec => ({ ...spec, bindToPort: false })),
    },
  };
}

function difference<Spec>(before: ReadonlyMap<string, Spec>, after: ReadonlyMap<string, Spec>): ResourceChanges<Spec> {
  const upserted = [...after].filter(([name, spec]) => before.get(name) !== spec).map(([, spec]) => spec);
  return { upserted, removed: [...before.keys()].filter((name) => !after.has(name)) };
}
