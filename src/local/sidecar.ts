// The sidecar of an injected pod: a program of ours beside its containers.
import { type Clock, sleep } from '../base/clock.ts';
import { ok } from '../base/result.ts';
import { OUTBOUND_PORT } from './container-env.ts';
import { type ContainerChange, ContainerRunner, type ContainerSpec } from './container-runner.ts';
import { type PodFacts, podId } from './pod-facts.ts';
import { httpCheck } from './probe-check.ts';
import type { ProcessHost } from './process-host.ts';
import { OWN_PROGRAM_RESTARTS } from './restart-backoff.ts';
import type { StateFolder } from './state-folder.ts';

/** Who a sidecar is and where it listens; app/ turns it into SWITCHBOARD_* variables. */
export interface SidecarPlacement {
  readonly pod: PodFacts;
  readonly adminAddress: string;
  /** `host:port`, the pod's own first. */
  readonly outboundAddresses: readonly string[];
}

/** A program of Switchboard itself, ready to start. */
export interface OwnProgram {
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export type SidecarLauncher = (placement: SidecarPlacement) => OwnProgram;

/** Name of its log and of its container status. */
export const SIDECAR_NAME = 'switchboard';
const ADMIN_PORT = 15_000;
const GRACE_MS = 5_000;
/** The app starts without its sidecar after so long: it may not need one to begin. */
const MAX_WAIT_MS = 5_000;
const READINESS = {
  initialDelaySeconds: 0,
  periodSeconds: 2,
  timeoutSeconds: 1,
  successThreshold: 1,
  failureThreshold: 2,
};

export interface SidecarOptions {
  readonly pod: PodFacts;
  readonly launch: SidecarLauncher;
  readonly host: ProcessHost;
  readonly clock: Clock;
  readonly state: StateFolder;
  /** Working directory. */
  readonly folder: string;
  readonly onChange: (change: ContainerChange) => void;
}

export class Sidecar {
  readonly runner: ContainerRunner;
  readonly #options: SidecarOptions;
  #frontDoor: string | null;

  /** `frontDoor`: a further `host:port` where calls come in, for people's curl. */
  constructor(options: SidecarOptions, frontDoor: string | null) {
    this.#options = options;
    this.#frontDoor = frontDoor;
    this.runner = new ContainerRunner(this.#spec(), options.host, options.clock, options.onChange);
  }

  get outboundAddresses(): readonly string[] {
    const own = `${this.#options.pod.ip}:${OUTBOUND_PORT}`;
    return this.#frontDoor === null ? [own] : [own, this.#frontDoor];
  }

  get hasFrontDoor(): boolean {
    return this.#frontDoor !== null;
  }

  /** It begins anew to take the address over from a pod that is gone. */
  takeFrontDoor(frontDoor: string): void {
    this.#frontDoor = frontDoor;
    this.runner.restart();
  }

  /** Resolves when it is ready, at the latest after `MAX_WAIT_MS`. */
  async waitUntilReady(): Promise<void> {
    const deadline = this.#options.clock.now() + MAX_WAIT_MS;
    while (!this.runner.isReady && this.#options.clock.now() < deadline) await sleep(this.#options.clock, 25);
  }

  /** Called when its pod's containers have ended: nobody calls through it any more. */
  stop(): Promise<void> {
    return this.runner.stop(GRACE_MS, false);
  }

  #spec(): ContainerSpec {
    const { pod, clock } = this.#options;
    const ready = { scheme: 'HTTP', host: pod.ip, port: ADMIN_PORT, path: '/ready', headers: {} } as const;
    return {
      name: SIDECAR_NAME,
      prepare: async () => ok(this.#process()),
      readiness: { timings: READINESS, check: httpCheck(ready, clock) },
      liveness: null,
      startup: null,
      preStop: null,
      restartPolicy: 'Always',
      restarts: OWN_PROGRAM_RESTARTS,
      graceMs: GRACE_MS,
    };
  }

  #process() {
    const { pod, launch, state, folder } = this.#options;
    const adminAddress = `${pod.ip}:${ADMIN_PORT}`;
    const program = launch({ pod, adminAddress, outboundAddresses: this.outboundAddresses });
    const logFile = state.podLogFile(pod.namespace, pod.name, SIDECAR_NAME);
    return { ...program, cwd: folder, logFile, tethered: true, what: `pod ${podId(pod)}, sidecar` };
  }
}
