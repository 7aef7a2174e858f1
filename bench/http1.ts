// The HTTP/1.1 scenario: each workload through each proxy in turn, in interleaved rounds.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPeer } from '../test/support/peers.ts';
import { parseCpuList, planCpus } from './bed/cpus.ts';
import { startBackends } from './bed/nginx.ts';
import { freePorts } from './bed/ports.ts';
import { probe } from './bed/probe.ts';
import { Programs } from './bed/programs.ts';
import type { Contender, CpuPlan, RunningProxy } from './contender.ts';
import { readBusyUs } from './measure/machine-usage.ts';
import { type KernelUnits, readKernelUnits, readUsage } from './measure/process-usage.ts';
import { type LoadSpec, runWrk } from './measure/wrk.ts';
import type { Absence, Outcome, Sample } from './report/proxies-report.ts';
import type { Workload } from './workloads.ts';

export interface Http1Options {
  readonly contenders: readonly Contender[];
  readonly workloads: readonly Workload[];
  readonly rounds: number;
  readonly secondsPerRound: number;
  /** Where progress goes, one line at a time. */
  readonly say: (line: string) => void;
}

export interface WorkloadRun {
  readonly workload: Workload;
  readonly outcomes: readonly Outcome[];
}

export interface Http1Results {
  readonly cpus: CpuPlan;
  readonly runs: readonly WorkloadRun[];
  readonly leftOut: readonly Absence[];
}

const BACKENDS = 3;
/** Long enough for V8 to have compiled what is hot. */
const WARM_UP_SECONDS = 2;

/** A contender that came up, and what was measured of it so far. */
interface Candidate {
  readonly contender: Contender;
  readonly proxy: RunningProxy;
  samples: Sample[];
}

/** Throws when the load or the backends are missing; a contender that fails is left out and said. */
export async function runHttp1(options: Http1Options): Promise<Http1Results> {
  const programs = new Programs();
  const folder = mkdtempSync(join(tmpdir(), 'switchboard-bench-'));
  // Started by root, nginx works as somebody else, who has to reach its files.
  chmodSync(folder, 0o755);
  const clean = (): void => {
    programs.killAll();
    removeFolder(folder);
  };
  process.once('exit', clean);
  try {
    return await new Http1Run(options, programs, folder).run();
  } finally {
    await programs.stopAll();
    process.off('exit', clean);
    clean();
  }
}

class Http1Run {
  readonly #options: Http1Options;
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #wrk = required('wrk');
  readonly #nginx = required('nginx');
  readonly #cpus: CpuPlan = planCpus();
  readonly #units: KernelUnits = readKernelUnits();
  readonly #leftOut: Absence[] = [];

  constructor(options: Http1Options, programs: Programs, folder: string) {
    this.#options = options;
    this.#programs = programs;
    this.#folder = folder;
  }

  async run(): Promise<Http1Results> {
    const upstreamPorts = await freePorts(BACKENDS);
    await startBackends(this.#nginx, upstreamPorts, this.#place('backends'));
    let candidates: readonly Candidate[] = await this.#startAll(upstreamPorts);
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
    let candidates = started;
    for (const candidate of candidates) {
      candidate.samples = [];
      await runWrk(this.#load(candidate.proxy, workload, WARM_UP_SECONDS));
    }
    for (let round = 1; round <= this.#options.rounds && candidates.length > 0; round += 1) {
      candidates = await this.#runRound(round, workload, candidates);
    }
    return candidates;
  }

  #place(name: string) {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    return { cpus: this.#cpus, folder, launch: this.#programs.launch.bind(this.#programs) };
  }

  async #startAll(upstreamPorts: readonly number[]): Promise<readonly Candidate[]> {
    const candidates: Candidate[] = [];
    for (const contender of this.#options.contenders) {
      const reason = contender.available() ?? (await this.#startOne(contender, upstreamPorts, candidates));
      if (reason !== null) this.#leaveOut(contender, reason);
    }
    return candidates;
  }

  /** Adds to `candidates` and answers null, or answers why not. */
  async #startOne(
    contender: Contender,
    upstreamPorts: readonly number[],
    candidates: Candidate[],
  ): Promise<string | null> {
    try {
      const proxy = await contender.start({ upstreamPorts, ...this.#place(contender.name) });
      await probe(proxy);
      candidates.push({ contender, proxy, samples: [] });
      return null;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** Answers those that are still there. Each round begins with another one, so that no one always follows the same. */
  async #runRound(round: number, workload: Workload, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
    const lost = new Set<Candidate>();
    const first = (round - 1) % candidates.length;
    for (const candidate of [...candidates.slice(first), ...candidates.slice(0, first)]) {
      try {
        const sample = await this.#measure(candidate.proxy, workload);
        candidate.samples.push(sample);
        this.#options.say(
          `round ${round} of ${this.#options.rounds}: ${candidate.contender.name} ${sample.requestsPerSecond.toFixed(0)}/s`,
        );
      } catch (error) {
        lost.add(candidate);
        this.#leaveOut(candidate.contender, `in round ${round}: ${messageOf(error)}`);
      }
    }
    return candidates.filter((candidate) => !lost.has(candidate));
  }

  async #measure(proxy: RunningProxy, workload: Workload): Promise<Sample> {
    const allocatedBefore = await proxy.readAllocatedBytes?.();
    const before = this.#readMeters(proxy.pid);
    const load = await runWrk(this.#load(proxy, workload, this.#options.secondsPerRound));
    const after = this.#readMeters(proxy.pid);
    const allocatedAfter = await proxy.readAllocatedBytes?.();
    if (load.requests === 0) throw new Error('it answered no request');
    const elapsedUs = after.wallUs - before.wallUs;
    const cpuUs = after.proxy.cpuUs - before.proxy.cpuUs;
    const othersUs = after.machineUs - before.machineUs - (after.own.cpuUs - before.own.cpuUs);
    const { requestsPerSecond, p50Us, p99Us, errors } = load;
    const shares = { cpuShare: cpuUs / elapsedUs, othersShare: Math.max(0, othersUs / elapsedUs) };
    const perRequest = {
      cpuUsPerRequest: cpuUs / load.requests,
      allocatedBytesPerRequest: ((allocatedAfter ?? Number.NaN) - (allocatedBefore ?? Number.NaN)) / load.requests,
    };
    return { requestsPerSecond, ...perRequest, ...shares, p50Us, p99Us, rssBytes: after.proxy.rssBytes, errors };
  }

  #readMeters(proxyPid: number) {
    const { proxy, load } = this.#cpus;
    const machineUs = readBusyUs([...new Set(parseCpuList(`${proxy},${load}`))], this.#units);
    const own = readUsage(process.pid, this.#units);
    return { wallUs: performance.now() * 1000, machineUs, own, proxy: readUsage(proxyPid, this.#units) };
  }

  #load(proxy: RunningProxy, workload: Workload, seconds: number): LoadSpec {
    const { port, authority } = proxy;
    return { wrk: this.#wrk, cpus: this.#cpus.load, port, authority, workload, seconds };
  }

  #leaveOut(contender: Contender, reason: string): void {
    this.#leftOut.push({ name: contender.name, reason });
    this.#options.say(`without ${contender.name}: ${reason}`);
  }
}

function outcomeOf({ contender, samples }: Candidate): Outcome {
  return { name: contender.name, version: contender.version(), samples };
}

/** More than once, because Node gives up silently when an nginx that is ending removes its pid file at the same moment. */
function removeFolder(folder: string): void {
  for (let attempt = 0; attempt < 5 && existsSync(folder); attempt += 1)
    rmSync(folder, { recursive: true, force: true });
}

function required(name: string): string {
  const path = findPeer(name);
  if (path === null) throw new Error(`${name} is needed for this bench; run: npm run peers -- ${name}`);
  return path;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
