// A detector with endpoints that answer as a test says: with the time held still and chance decided.
import { TimerWheel } from '../../../../src/base/timer-wheel.ts';
import type { EndpointHealth } from '../../../../src/model/endpoint-spec.ts';
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetectionSpec } from '../../../../src/model/outlier-detection-spec.ts';
import { Endpoint } from '../../../../src/proxy/endpoint/endpoint.ts';
import type { OutlierEvent } from '../../../../src/proxy/outlier/ejections.ts';
import { OutlierDetector } from '../../../../src/proxy/outlier/outlier-detector.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

export const SECOND = 1_000;

export function endpointAt(number: number, health: EndpointHealth = 'healthy'): Endpoint {
  const spec = { host: `127.0.0.${number}`, port: 80, health, weight: 1 };
  const locality = { region: '', zone: '', subZone: '' };
  return new Endpoint(spec, { locality, priority: 0, weight: 1, endpoints: [spec] });
}

export class Scene {
  readonly clock = new ManualClock();
  readonly endpoints: readonly Endpoint[];
  readonly events: OutlierEvent[] = [];
  readonly detector: OutlierDetector;
  readonly spec: OutlierDetectionSpec;
  changes = 0;
  /** Of the cluster now. */
  present: readonly Endpoint[];
  /** What chance says next. */
  chance = 0;

  constructor(count: number, spec: Partial<OutlierDetectionSpec> = {}) {
    this.endpoints = Array.from({ length: count }, (_, index) => endpointAt(index + 1));
    this.present = this.endpoints;
    this.spec = { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent: 100, ...spec };
    this.detector = new OutlierDetector(this.spec, {
      wheel: new TimerWheel(this.clock),
      now: () => this.clock.now(),
      random: { next: () => this.chance },
      endpoints: () => this.present,
      onChange: () => {
        this.changes += 1;
      },
      onEvent: (event) => this.events.push(event),
    });
    for (const endpoint of this.endpoints) this.detector.watch(endpoint);
  }

  answer(index: number, ...statuses: readonly number[]): void {
    for (const status of statuses) this.endpoints[index]?.outlier?.recordStatus(status);
  }

  fail(index: number, times: number, timedOut = false): void {
    for (let time = 0; time < times; time += 1) this.endpoints[index]?.outlier?.recordNoAnswer(timedOut);
  }

  /** Indices of those that are out. */
  get out(): readonly number[] {
    return this.endpoints.flatMap(({ outlier }, index) => ((outlier?.ejection ?? null) === null ? [] : [index]));
  }

  stat(name: string): number {
    let found = Number.NaN;
    const take = (_family: string, _cluster: string, stat: string, value: number): void => {
      if (stat === `outlier_detection.${name}`) found = value;
    };
    this.detector.collect('c', { counter: take, gauge: take, histogram: () => {} });
    return found;
  }
}

export const FIVE_BAD = [500, 500, 500, 500, 500];
