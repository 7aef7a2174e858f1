// A run of a scenario: each workload through each proxy in turn, in interleaved rounds.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { checkAccessLog, emptyAccessLog } from './bed/access-log.ts';
import { planCpus } from './bed/cpus.ts';
import { freePorts } from './bed/ports.ts';
import { type Programs, withPrograms } from './bed/programs.ts';
import type { Contender, CpuPlan, EquipmentSet, RunningProxy } from './contender.ts';
import { programPath } from './contenders/installed-program.ts';
import type { LoadSpec } from './measure/load.ts';
import { othersShare, readMeters } from './measure/meters.ts';
import { type KernelUnits, readKernelUnits } from './measure/process-usage.ts';
import type { ProxyScenario } from './proxy-scenario.ts';
import type { Absence, Outcome, Sample } from './report/proxies-report.ts';
import type { Workload } from './workload.ts';

export interface RunOptions {
  readonly contenders: readonly Contender[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly set: EquipmentSet;
  /** Where progress goes, one line at a time. */
  readonly say: (line: string) => void;
}

export interface WorkloadRun {
  readonly workload: Workload;
  readonly outcomes: readonly Outcome[];
}

export interface RunResults {
  readonly cpus: CpuPlan;
  readonly runs: readonly WorkloadRun[];
  readonly leftOut: readonly Absence[];
}

const BACKENDS = 3;
/** Long enough for V8 to have compiled what is hot; where latencies are measured, all that will ever be. */
const WARM_UP_SECONDS = 2;
const FULL_WARM_UP_SECONDS = 8;

interface Upstream {
  readonly upstreamPorts: readonly number[];
  readonly backendsPid: number;
}

/** A contender that came up, and what was measured of it so far. */
interface Candidate {
  readonly contender: Contender;
  readonly proxy: RunningProxy;
  samples: Sample[];
}

/** Throws when the load or the backends are missing; a contender that fails is left out and said. */
export function runProxies(scenario: ProxyScenario, options: RunOptions): Promise<RunResults> {
  return withPrograms((programs, folder) => new ProxiesRun(scenario, options, programs, folder).run());
}

class ProxiesRun {
  readonly #scenario: ProxyScenario;
  readonly #options: RunOptions;
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #generator: string;
  readonly #cpus: CpuPlan = planCpus();
  readonly #units: KernelUnits = readKernelUnits();
  readonly #leftOut: Absence[] = [];

  constructor(scenario: ProxyScenario, options: RunOptions, programs: Programs, folder: string) {
    this.#scenario = scenario;
    this.#generator = programPath(scenario.generator);
    this.#options = options;
    this.#programs = programs;
    this.#folder = folder;
  }

  async run(): Promise<RunResults> {
    const upstreamPorts = await freePorts(BACKENDS);
    const backends = await this.#scenario.startBackends(upstreamPorts, this.#place('backends'));
    let candidates: readonly Candidate[] = await this.#startAll({ upstreamPorts, backendsPid: backends.pid });
    const runs: WorkloadRun[] = [];
    for (const workload of this.#options.workloads) {
      const able = candidates.filter(({ contender }) => contender.takes?.(workload) ?? true);
      const left = await this.#runWorkload(workload, able);
      candidates = candidates.filter((candidate) => left.includes(candidate) || !able.includes(candidate));
      runs.push({ workload, outcomes: left.map(outcomeOf) });
    }
    return { cpus: this.#cpus, runs, leftOut: this.#leftOut };
  }

  async #runWorkload(workload: Workload, started: readonly Candidate[]): Promise<readonly Candidate[]> {
    this.#options.say(`${workload.name}: ${workload.what}`);
    for (const candidate of started) candidate.samples = [];
    let candidates = await this.#forEach(started, 'warming up', async ({ proxy }) => {
      await this.#warmUp(proxy, workload);
      if (proxy.accessLog !== undefined) emptyAccessLog(proxy.accessLog);
    });
    for (let round = 1; round <= this.#options.rounds && candidates.length > 0; round += 1) {
      candidates = await this.#runRound(round, workload, candidates);
    }
    return candidates;
  }

  /** At a low rate V8 would go on compiling for minutes, on the CPU of the proxy, and what is measured would be that. */
  async #warmUp(proxy: RunningProxy, workload: Workload): Promise<void> {
    const { perSecond, ...atFullRate } = workload;
    const seconds = perSecond === undefined ? WARM_UP_SECONDS : FULL_WARM_UP_SECONDS;
    await this.#scenario.load(this.#load(proxy, atFullRate, seconds));
  }

  #place(name: string) {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    return { cpus: this.#cpus, folder, launch: this.#programs.launch.bind(this.#programs) };
  }

  async #startAll(upstream: Upstream): Promise<readonly Candidate[]> {
    const candidates: Candidate[] = [];
    for (const contender of this.#options.contenders) {
      const reason = this.#absent(contender) ?? (await this.#startOne(contender, upstream, candidates));
      if (reason !== null) this.#leaveOut(contender, reason);
    }
    return candidates;
  }

  #absent(contender: Contender): string | null {
    const { set } = this.#options;
    return (contender.sets ?? ['bare']).includes(set) ? contender.available() : `it has no ${set} configuration`;
  }

  /** Adds to `candidates` and answers null, or answers why not. */
  async #startOne(contender: Contender, upstream: Upstream, candidates: Candidate[]): Promise<string | null> {
    try {
      const { set } = this.#options;
      const proxy = await contender.start({ ...upstream, set, ...this.#place(contender.name) });
      await this.#scenario.probe(proxy);
      candidates.push({ contender, proxy, samples: [] });
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Each round begins with another one, so that no one always follows the same. */
  #runRound(round: number, workload: Workload, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const first = (round - 1) % candidates.length;
    const order = [...candidates.slice(first), ...candidates.slice(0, first)];
    return this.#forEach(order, `in round ${round}`, async ({ contender, proxy, samples }) => {
      const sample = await this.#measure(proxy, workload);
      samples.push(sample);
      this.#options.say(
        `round ${round} of ${this.#options.rounds}: ${contender.name} ${sample.requestsPerSecond.toFixed(0)}/s`,
      );
    });
  }

  /** Answers those that are still there, in the order of the table; those that fail are left out from then on, and said. */
  async #forEach(
    candidates: readonly Candidate[],
    when: string,
    act: (candidate: Candidate) => Promise<void>,
  ): Promise<readonly Candidate[]> {
    const left = new Set<Contender>();
    for (const candidate of candidates) {
      try {
        await act(candidate);
        left.add(candidate.contender);
      } catch (error) {
        this.#leaveOut(candidate.contender, `${when}: ${messageOf(error)}`);
      }
    }
    const order = this.#options.contenders;
    return candidates
      .filter(({ contender }) => left.has(contender))
      .toSorted((one, other) => order.indexOf(one.contender) - order.indexOf(other.contender));
  }

  async #measure(proxy: RunningProxy, workload: Workload): Promise<Sample> {
    const allocatedBefore = await proxy.readAllocatedBytes?.();
    const before = readMeters(this.#cpus, this.#units, proxy.pid);
    const load = await this.#scenario.load(this.#load(proxy, workload, this.#options.secondsPerRound));
    const after = readMeters(this.#cpus, this.#units, proxy.pid);
    const allocatedAfter = await proxy.readAllocatedBytes?.();
    if (load.requests === 0) throw new Error('it answered no request');
    if (proxy.accessLog !== undefined) {
      checkAccessLog(proxy.accessLog, load.requests);
      emptyAccessLog(proxy.accessLog);
    }
    const elapsedUs = after.wallUs - before.wallUs;
    const cpuUs = after.proxy.cpuUs - before.proxy.cpuUs;
    const { requestsPerSecond, bytesPerSecond, p50Us, p99Us, p999Us, errors } = load;
    const shares = { cpuShare: cpuUs / elapsedUs, othersShare: othersShare(before, after) };
    const perRequest = {
      cpuUsPerRequest: cpuUs / load.requests,
      allocatedBytesPerRequest: ((allocatedAfter ?? Number.NaN) - (allocatedBefore ?? Number.NaN)) / load.requests,
    };
    const latency = { p50Us, p99Us, p999Us };
    const { rssBytes } = after.proxy;
    return { requestsPerSecond, bytesPerSecond, ...perRequest, ...shares, ...latency, rssBytes, errors };
  }

  #load(proxy: RunningProxy, workload: Workload, seconds: number): LoadSpec {
    const { port, authority } = proxy;
    const traced = this.#options.set === 'equipped';
    return { program: this.#generator, cpus: this.#cpus.load, port, authority, workload, traced, seconds };
  }

  #leaveOut(contender: Contender, reason: string): void {
    this.#leftOut.push({ name: contender.name, reason });
    this.#options.say(`without ${contender.name}: ${reason}`);
  }
}

function outcomeOf({ contender, samples }: Candidate): Outcome {
  return { name: contender.name, version: contender.version(), samples };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
