// Runs a scenario in a test: a Service with the given annotations, and pods to which happens what the test says.
import { createSimulatedPlane } from '../../src/app/simulated-plane.ts';
import type { ScenarioSpec } from '../../src/simulate/scenario-spec.ts';
import { type CreatePlane, Simulation, type SimulationOutcome } from '../../src/simulate/simulation.ts';
import { type SimulationSummary, summarize } from '../../src/simulate/summary.ts';
import { manifests } from './manifests.ts';

/** 10 s of 100 requests a second, which are not repeated once a pod has seen them, one caller, three pods that take 5 ms. */
export const QUIET: ScenarioSpec = {
  name: 'quiet',
  about: '',
  durationMs: 10_000,
  load: { ratePerSecond: 100, methods: [{ method: 'POST', share: 1 }] },
  callers: { count: 1, zones: [] },
  sessions: 0,
  pods: { count: 3, zones: [], latency: { kind: 'fixed', ms: 5 }, concurrency: 0, queue: 0 },
  propagationMs: 100,
  annotations: {},
  events: [],
};

export interface SimulatedRunOptions {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly seed?: number;
  readonly createPlane?: CreatePlane;
  /** Of the Service, beside its port. */
  readonly spec?: object;
  /** Further manifests. */
  readonly others?: readonly object[];
}

export async function simulated(
  scenario: Partial<ScenarioSpec>,
  { annotations = {}, seed = 1, createPlane = createSimulatedPlane, spec = {}, others = [] }: SimulatedRunOptions = {},
): Promise<SimulationOutcome> {
  const objects = manifests(
    [serviceManifest(annotations, spec), ...others.map((one) => JSON.stringify(one))].join('\n---\n'),
  );
  const service = objects.flatMap(({ object }) => (object.kind === 'Service' ? [object] : []))[0];
  if (service === undefined) throw new Error('the manifest of the test has no Service');
  return new Simulation({ objects, service, scenario: { ...QUIET, ...scenario }, seed, createPlane }).run();
}

export async function simulatedSummary(
  scenario: Partial<ScenarioSpec>,
  options: SimulatedRunOptions = {},
): Promise<SimulationSummary> {
  return summarize('test', await simulated(scenario, options));
}

/** `shop` in `default`, port 80. */
export function serviceManifest(annotations: Readonly<Record<string, string>>, spec: object = {}): string {
  const metadata = { name: 'shop', annotations };
  return JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }], ...spec } });
}

/** For `shop`. */
export function trafficPolicy(spec: object): object {
  const target = { group: '', kind: 'Service', name: 'shop' };
  return {
    apiVersion: 'switchboard.dev/v1alpha1',
    kind: 'TrafficPolicy',
    metadata: { name: 'shop' },
    spec: { targetRefs: [target], ...spec },
  };
}
