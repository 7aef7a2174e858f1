// What zone-aware routing counts for one cluster.

export class ZoneCounts {
  /** Requests that stayed in the zone of their caller: as all do, and as the lot fell. */
  allDirectly = 0;
  sampled = 0;
  /** Requests that went to another zone. */
  crossZone = 0;
  /** Plans that were made, or found not to be possible. */
  recalculations = 0;
  /** Of these: too few healthy endpoints; the own cluster has nobody in the own zone, or too few healthy; both have a different number of zones. */
  tooSmall = 0;
  localNotOk = 0;
  numberDiffers = 0;
}
