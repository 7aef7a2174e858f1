// Measures what proxies take before they do anything: the time to start, and memory at rest, per idle connection and under load.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { planCpus } from './bed/cpus.ts';
import { freePorts } from './bed/ports.ts';
import { probe } from './bed/probe.ts';
import { type Programs, withPrograms } from './bed/programs.ts';
import type { Contender, Place, RunningProxy } from './contender.ts';
import { programPath } from './contenders/installed-program.ts';
import { HTTP1 } from './http1.ts';
import { openIdleConnections } from './measure/idle-connections.ts';
import { type Meters, othersShare, readMeters } from './measure/meters.ts';
import { readKernelUnits } from './measure/process-usage.ts';
import type { FootprintOutcome, FootprintSample } from './report/footprint-report.ts';
import type { Absence } from './report/proxies-report.ts';

export interface FootprintOptions {
  readonly contenders: readonly Contender[];
  readonly rounds: number;
  /** Of load, in each round. */
  readonly seconds: number;
  readonly connections: number;
  readonly say: (line: string) => void;
}

export interface FootprintResults {
  readonly outcomes: readonly FootprintOutcome[];
  readonly leftOut: readonly Absence[];
}

const BACKENDS = 3;
/** Garbage of the start is collected by then, as far as it is collected without work. */
const SETTLE_MS = 3_000;
const PROBE_EVERY_MS = 2;
const START_LIMIT_MS = 10_000;
const RSS_EVERY_MS = 200;

/** A contender that fails is left out and said. */
export function runFootprint(options: FootprintOptions): Promise<FootprintResults> {
  return withPrograms((programs, folder) => new FootprintRun(options, programs, folder).run());
}

interface Started {
  readonly proxy: RunningProxy;
  /** From the start of the proxy's process to its first answer from a backend. */
  readonly startMs: number;
}

class FootprintRun {
  readonly #options: FootprintOptions;
  readonly #programs: Programs;
  readonly #folder: string;
  readonly #cpus = planCpus();
  readonly #units = readKernelUnits();
  #starts = 0;
  #upstream: Pick<Place, 'upstreamPorts' | 'backendsPid'> = { upstreamPorts: [], backendsPid: 0 };

  constructor(options: FootprintOptions, programs: Programs, folder: string) {
    this.#options = options;
    this.#programs = programs;
    this.#folder = folder;
  }

  async run(): Promise<FootprintResults> {
    const upstreamPorts = await freePorts(BACKENDS);
    const { pid } = await HTTP1.startBackends(upstreamPorts, this.#place('backends'));
    this.#upstream = { upstreamPorts, backendsPid: pid };
    const samples = new Map<Contender, FootprintSample[]>(this.#options.contenders.map((one) => [one, []]));
    const leftOut: Absence[] = [];
    for (let round = 1; round <= this.#options.rounds; round += 1) {
      for (const [contender, measured] of samples) {
        try {
          const reason = contender.available();
          if (reason !== null) throw new Error(reason);
          measured.push(await this.#measure(contender));
          this.#options.say(`round ${round} of ${this.#options.rounds}: ${contender.name}`);
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          samples.delete(contender);
          leftOut.push({ name: contender.name, reason });
          this.#options.say(`without ${contender.name}: ${reason}`);
        }
      }
    }
    const outcomes = Array.from(samples, ([{ name, version }, measured]) => ({
      name,
      version: version(),
      samples: measured,
    }));
    return { outcomes, leftOut };
  }

  /** Two processes: what load leaves behind would pass for the cost of connections, or hide it. */
  async #measure(contender: Contender): Promise<FootprintSample> {
    const first = await this.#start(contender);
    const before = this.#read(first.proxy);
    await delay(SETTLE_MS);
    const atRest = this.#read(first.proxy);
    const idleBytes = await this.#holdConnections(first.proxy);
    const share = othersShare(before, this.#read(first.proxy));
    await first.proxy.stop();
    const second = await this.#start(contender);
    const loadBytes = await this.#load(second.proxy);
    await second.proxy.stop();
    const restBytes = atRest.proxy.rssBytes;
    return {
      startMs: Math.min(first.startMs, second.startMs),
      restBytes,
      perConnectionBytes: (idleBytes - restBytes) / this.#options.connections,
      loadBytes,
      othersShare: share,
    };
  }

  async #start(contender: Contender): Promise<Started> {
    this.#starts += 1;
    let launched = 0;
    const { launch, ...place } = this.#place(`${contender.name}-${this.#starts}`);
    const proxy = await contender.start({
      ...place,
      ...this.#upstream,
      set: 'bare',
      // The proxy is what a contender starts last.
      launch: (spec) => {
        launched = performance.now();
        return launch(spec);
      },
    });
    await probeUntil(proxy, launched + START_LIMIT_MS);
    return { proxy, startMs: performance.now() - launched };
  }

  /** Answers the memory while they are open. */
  async #holdConnections({ port, pid, authority = `127.0.0.1:${port}` }: RunningProxy): Promise<number> {
    const { connections: count } = this.#options;
    const idle = await openIdleConnections({ port, authority, count });
    try {
      await delay(SETTLE_MS);
      const open = idle.count();
      if (open < count) throw new Error(`of ${count} idle connections ${count - open} were closed`);
      return readMeters(this.#cpus, this.#units, pid).proxy.rssBytes;
    } finally {
      idle.close();
    }
  }

  /** Answers the most memory that was seen. */
  async #load(proxy: RunningProxy): Promise<number> {
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, this.#read(proxy).proxy.rssBytes);
    }, RSS_EVERY_MS);
    try {
      const [workload] = HTTP1.workloads;
      const { port, authority } = proxy;
      const program = programPath(HTTP1.generator);
      const { seconds } = this.#options;
      const { errors } = await HTTP1.load({ program, cpus: this.#cpus.load, port, authority, workload, seconds });
      if (errors > 0) throw new Error(`${errors} errors under load`);
      return most;
    } finally {
      clearInterval(watch);
    }
  }

  #read({ pid }: RunningProxy): Meters {
    return readMeters(this.#cpus, this.#units, pid);
  }

  #place(name: string) {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    return { cpus: this.#cpus, folder, launch: this.#programs.launch.bind(this.#programs) };
  }
}

/** Throws what the probe says when the time is over. */
async function probeUntil(proxy: RunningProxy, deadline: number): Promise<void> {
  for (;;) {
    try {
      return await probe(proxy);
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await delay(PROBE_EVERY_MS);
    }
  }
}
