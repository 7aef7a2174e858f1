// One run: callers with real data planes, a real control plane, pods that are simulated, and time that is.
import type { Clock } from '../base/clock.ts';
import { type Random, seededRandom } from '../base/random.ts';
import type { Issue } from '../base/result.ts';
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import type { Service } from '../kube/service.ts';
import type { Changes } from '../model/config-sink.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { DownstreamStream, ServerExchange } from '../proxy/codec/downstream.ts';
import type { CreateProbe } from '../proxy/health/probe.ts';
import { PlacesMemo } from '../proxy/lb/places-memo.ts';
import type { OutlierEvent } from '../proxy/outlier/ejections.ts';
import type { CreateEndpointPool } from '../proxy/upstream/endpoint-pools.ts';
import { Arrivals } from './arrivals.ts';
import { Figures } from './figures.ts';
import { Fleet, type FleetOptions, zoneOf } from './fleet.ts';
import { withSelector } from './pod-objects.ts';
import type { ScenarioSpec } from './scenario-spec.ts';
import { Scene } from './scene.ts';
import { servicesBehind } from './services-behind.ts';
import { Session } from './session.ts';
import { SimulatedCaller } from './simulated-caller.ts';
import { SimulatedMesh } from './simulated-mesh.ts';
import { SimulatedPool } from './simulated-pool.ts';
import { SimulatedProbe } from './simulated-probe.ts';
import { playEvents } from './timeline.ts';
import { VirtualClock } from './virtual-clock.ts';

/** The data plane of one sidecar. */
export interface SimulatedPlane {
  apply(changes: Changes): readonly Issue[];
  readonly listeners: readonly {
    openExchange(stream: DownstreamStream, remote: string): ServerExchange | null;
  }[];
  close(): void;
}

export interface PlaneOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the sidecar is; '' = not known. */
  readonly zone: string;
  readonly createPool: CreateEndpointPool;
  readonly createProbe: CreateProbe;
  /** What hashing has built before, in any of the sidecars. */
  readonly places: PlacesMemo;
  readonly onOutlier: (cluster: string, event: OutlierEvent) => void;
}

export type CreatePlane = (options: PlaneOptions) => SimulatedPlane;

export interface SimulationOptions {
  /** What the control plane reads, the Service among them; pods, slices and workloads make no difference. */
  readonly objects: readonly Located<KubeObject>[];
  readonly service: Service;
  readonly scenario: ScenarioSpec;
  /** A 32-bit integer: the same one gives the same run, and the same requests to another policy. */
  readonly seed: number;
  readonly createPlane: CreatePlane;
}

export interface SimulationOutcome {
  readonly figures: Figures;
  readonly fleet: Fleet;
  readonly sessions: readonly Session[];
  /** What is wrong with the manifests, and with what sidecars are told. */
  readonly issues: readonly Issue[];
}

/** Sidecars get ready in so long before the first request: where there are health checks, each pod is asked first, ms. */
const WARM_UP_MS = 10_000;
/** Requests that still run when no more come have so long, ms. */
const AFTERMATH_MS = 30_000;
/** Whoever waits for a turn of the real event loop gets one so often, ms of simulated time. */
const SLICE_MS = 1_000;
const STEP_MS = 1;
/** Sidecars that know the same pods have the same rings and tables. */
const MAX_PLACES_BYTES = 64 * 1024 * 1024;
/** Of further random sequences that have nothing to do with each other. */
const SEED_STEP = 0x9e37_79b9;
const SIMULATED_KINDS: ReadonlySet<string> = new Set([
  'Pod',
  'EndpointSlice',
  'Endpoints',
  'Deployment',
  'StatefulSet',
]);

export class Simulation {
  readonly #options: SimulationOptions;
  readonly #clock = new VirtualClock(-WARM_UP_MS);
  readonly #figures: Figures;
  readonly #scene: Scene;
  readonly #fleet: Fleet;
  readonly #mesh: SimulatedMesh;
  readonly #planes: SimulatedPlane[] = [];
  readonly #places = new PlacesMemo(MAX_PLACES_BYTES);
  /** What sidecars refuse of what they are told. */
  readonly #refused: Issue[] = [];
  #callers: readonly SimulatedCaller[] = [];
  #sessions: readonly Session[] = [];

  constructor(options: SimulationOptions) {
    const { scenario, seed } = options;
    const { pods, propagationMs, durationMs, load } = scenario;
    const clock = this.#clock;
    this.#options = options;
    this.#figures = new Figures(
      durationMs,
      load.methods.map(({ method }) => method),
    );
    this.#scene = new Scene(clock, seed, this.#figures);
    const { objects, service } = withoutPods(options);
    const services = servicesBehind(objects, service);
    const onChange: FleetOptions['onChange'] = (...changes) => this.#mesh.update(...changes);
    this.#fleet = new Fleet({ services, spec: pods, scene: this.#scene, onChange });
    const { namespace } = service.metadata;
    const apply = (changes: Changes): void => this.#apply(changes);
    this.#mesh = new SimulatedMesh({ clock, propagationMs, namespace, objects, apply });
  }

  async run(): Promise<SimulationOutcome> {
    const issues = this.#start();
    await this.#runUntil(0);
    this.#begin();
    const { durationMs } = this.#options.scenario;
    for (let atMs = 0; atMs < durationMs + AFTERMATH_MS; atMs += SLICE_MS) {
      if (atMs >= durationMs && this.#callers.every(({ busy }) => busy === 0)) break;
      await this.#runUntil(Math.min(atMs + SLICE_MS, durationMs + AFTERMATH_MS));
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const caller of this.#callers) caller.end();
    this.#mesh.close();
    for (const plane of this.#planes) plane.close();
    const told = [...issues.filter(isAboutMore), ...this.#refused];
    return { figures: this.#figures, fleet: this.#fleet, sessions: this.#sessions, issues: told };
  }

  /** All sidecars refuse the same. */
  #apply(changes: Changes): void {
    for (const [number, plane] of this.#planes.entries()) {
      const issues = plane.apply(changes);
      if (number === 0) this.#refused.push(...issues);
    }
  }

  /** What was queued as a microtask runs within a step of what queued it: a request that is refused hears of it so. */
  async #runUntil(untilMs: number): Promise<void> {
    for (let next = this.#clock.nextMs; next <= untilMs; next = this.#clock.nextMs) {
      this.#clock.runUntil(Math.min(next + STEP_MS, untilMs));
      await undefined;
    }
    this.#clock.runUntil(untilMs);
  }

  #start(): readonly Issue[] {
    const { scenario } = this.#options;
    for (let number = 0; number < scenario.callers.count; number += 1) this.#planes.push(this.#createPlane(number));
    const issues = this.#mesh.start(this.#fleet.objects);
    this.#callers = this.#planes.map((plane, number) => this.#createCaller(plane, number));
    this.#sessions = this.#createSessions();
    return issues;
  }

  #begin(): void {
    const { scenario, seed } = this.#options;
    const { load, sessions, durationMs: untilMs, callers } = scenario;
    const arrivals = new Arrivals({
      ...{ clock: this.#clock, random: seededRandom(seed), load, callers: callers.count, sessions, untilMs },
      send: (request, caller, session, method) => this.#send(request, caller, session, method),
    });
    playEvents({ clock: this.#clock, fleet: this.#fleet, arrivals, scenario });
    arrivals.start();
  }

  #send(request: number, caller: number, session: number, method: number): void {
    const name = this.#figures.methods[method]?.method ?? '';
    (this.#callers[caller] as SimulatedCaller).send(request, this.#sessions[session] as Session, method, name);
  }

  #createPlane(number: number): SimulatedPlane {
    const { scenario, seed, createPlane } = this.#options;
    const probes = seededRandom(~seed + Math.imul(number + 1, SEED_STEP));
    return createPlane({
      clock: this.#clock,
      random: seededRandom(seed + Math.imul(number + 1, SEED_STEP)),
      zone: zoneOf(scenario.callers.zones, number),
      createPool: (endpoint, { connectTimeoutMs }, counter, cluster) => {
        const pod = this.#fleet.at(endpoint.host);
        if (pod === null) throw new Error(`no simulated pod has the address ${endpoint.address}`);
        const multiplexes = scenario.load.grpc === true;
        return new SimulatedPool({
          scene: this.#scene,
          pod,
          endpoint,
          cluster,
          connectTimeoutMs,
          counter,
          multiplexes,
        });
      },
      places: this.#places,
      createProbe: ({ kind }) => this.#createProbe(kind === 'tcp', probes),
      onOutlier: (_cluster, { change }) => {
        if (change === 'ejected') this.#figures.noteEjection(this.#clock.now());
        else if (change === 'returned') this.#figures.returns += 1;
      },
    });
  }

  #createProbe(connects: boolean, random: Random): SimulatedProbe {
    return new SimulatedProbe({ clock: this.#clock, random, podAt: (host) => this.#fleet.at(host), connects });
  }

  #createCaller(plane: SimulatedPlane, number: number): SimulatedCaller {
    const remote = `10.64.${number >> 8}.${number & 0xff}:40000`;
    return new SimulatedCaller(
      (stream) => {
        for (const listener of plane.listeners) {
          const exchange = listener.openExchange(stream, remote);
          if (exchange !== null) return exchange;
        }
        throw new Error('the sidecars were told of nothing that takes requests');
      },
      this.#clock,
      this.#figures,
    );
  }

  #createSessions(): readonly Session[] {
    const { scenario, service } = this.#options;
    const { name, namespace } = service.metadata;
    const port = service.spec.ports[0]?.port ?? 80;
    const authority = `${name}.${namespace}:${port}`;
    const headers = hashedHeaders(this.#mesh.snapshot);
    const { grpc: isGrpc = false, bodyBytes = 0 } = scenario.load;
    const options = { authority, headers, isGrpc, bodyBytes };
    if (scenario.sessions === 0) return [new Session('', options)];
    return Array.from({ length: scenario.sessions }, (_, number) => new Session(`session-${number}`, options));
  }
}

/** Which pods a Service chooses is the simulation's own business. */
function isAboutMore({ path }: Issue): boolean {
  return path?.startsWith('spec.selector') !== true;
}

interface Manifests {
  readonly objects: readonly Located<KubeObject>[];
  readonly service: Service;
}

/** Services that choose pods, whatever they say, and everything else but pods. */
function withoutPods({ objects, service }: Manifests): Manifests {
  const chosen = withSelector(service);
  const prepared = objects.flatMap((located): Located<KubeObject>[] => {
    const { object } = located;
    if (SIMULATED_KINDS.has(object.kind)) return [];
    if (object.kind !== 'Service' || object.spec.type === 'ExternalName') return [located];
    return [{ ...located, object: object === service ? chosen : withSelector(object) }];
  });
  return { objects: prepared, service: chosen };
}

/** Names of the request headers that routes tell sessions apart by. */
function hashedHeaders(snapshot: Snapshot | null): readonly string[] {
  const names = new Set<string>();
  for (const { virtualHosts } of snapshot?.routes.values() ?? []) {
    for (const { action } of virtualHosts.flatMap(({ routes }) => routes)) {
      if (!('hashPolicies' in action)) continue;
      for (const policy of action.hashPolicies ?? []) if (policy.kind === 'header') names.add(policy.name);
    }
  }
  return [...names];
}
