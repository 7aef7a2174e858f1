// Composition root of the local mesh: a folder of manifests as processes, with control plane and sidecars, until it is closed.
import { randomUUID } from 'node:crypto';
import { relative } from 'node:path';
import { type Cancel, type Clock, systemClock } from '../base/clock.ts';
import { CodedError } from '../base/coded-error.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import { type Random, systemRandom } from '../base/random.ts';
import { type Issue, type Result, renderIssue } from '../base/result.ts';
import type { Environment } from '../config/parse-settings.ts';
import { watchFolder } from '../kube/folder.ts';
import type { FolderContents } from '../kube/folder-reader.ts';
import type { Located } from '../kube/meta.ts';
import type { KubeObject } from '../kube/objects.ts';
import { AddressPool } from '../local/address-pool.ts';
import { Announcer } from '../local/announcer.ts';
import { ControlPlaneKeeper } from '../local/control-plane-keeper.ts';
import type { ReportEvent } from '../local/events.ts';
import { acquireLock } from '../local/folder-lock.ts';
import { IssueBoard } from '../local/issue-board.ts';
import { endLeftovers } from '../local/leftovers.ts';
import { ListeningClaims } from '../local/listening-claims.ts';
import { DEFAULT_MAX_PODS, LocalMesh } from '../local/local-mesh.ts';
import { LogFiles } from '../local/log-files.ts';
import { objectChanges } from '../local/object-changes.ts';
import { parsePodCidr } from '../local/pod-cidr.ts';
import type { PodContext } from '../local/pod-context.ts';
import { systemPortProbe } from '../local/port-probe.ts';
import type { ProcessHost } from '../local/process-host.ts';
import { recordProcesses } from '../local/process-records.ts';
import { ansiPaint, plainPaint, renderEvent } from '../local/render-event.ts';
import { StateFolder } from '../local/state-folder.ts';
import { findTryUrl } from '../local/try-url.ts';
import { chooseLocalPorts, type LocalPorts, resolveManifestFolder, resolveStateFolder } from './local-settings.ts';
import { watchMeshIssues } from './mesh-issues.ts';
import { MeshTold } from './mesh-told.ts';
import { controlPlaneProgram, inheritedVariables, type OwnProgramOptions, sidecarProgram } from './own-programs.ts';
import { systemProcessHost } from './process-host.ts';

export interface LocalAppOptions {
  /** The folder of manifests. */
  readonly folder: string;
  /** null = a folder of its own below the user's state folder. */
  readonly state: string | null;
  readonly podCidr: string;
  /** `--ports auto`. */
  readonly autoPorts: boolean;
  /** What starts Switchboard itself: Node.js, its flags, and the main file. */
  readonly program: readonly string[];
  readonly env: Environment;
  /** Receives what people shall read, line by line, without line ends. */
  readonly print: (line: string) => void;
  readonly colours: boolean;
  /** Receives the same as data. */
  readonly report?: ReportEvent;
  /** For tests. */
  readonly clock?: Clock;
  readonly random?: Random;
  readonly host?: ProcessHost;
}

export interface LocalAppBound {
  readonly folder: string;
  readonly state: string;
  /** All `host:port`. */
  readonly frontDoor: string;
  readonly xdsAddress: string;
  readonly adminAddress: string;
}

const LOOPBACK = '127.0.0.1';

/** What pods and the control plane are both given. */
type SharedParts = Pick<PodContext, 'clock' | 'host' | 'state' | 'logs' | 'report'>;

export class LocalApp implements Lifecycle<LocalAppBound> {
  readonly #options: LocalAppOptions;
  readonly #clock: Clock;
  readonly #host: ProcessHost;
  readonly #claims = new ListeningClaims();
  readonly #closers: Cancel[] = [];
  readonly #issues: IssueBoard;
  #state: StateFolder | null = null;
  #mesh: LocalMesh | null = null;
  #controlPlane: ControlPlaneKeeper | null = null;
  #announcer: Announcer | null = null;
  #objects: readonly Located<KubeObject>[] | null = null;
  #started = false;
  #draining = false;
  #told: MeshTold | null = null;

  constructor(options: LocalAppOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#host = options.host ?? systemProcessHost;
    this.#issues = new IssueBoard(this.#report);
  }

  /** Resolves when everything has been started, not when all of it is ready: the `settled` event tells that. Throws CodedErrors. */
  async start(): Promise<LocalAppBound> {
    try {
      return await this.#start();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** SIGTERM for all pods, then for their sidecars, then for the control plane; what is left after `deadlineMs` gets SIGKILL. */
  async drain(deadlineMs: number): Promise<void> {
    this.#draining = true;
    this.#told?.close();
    this.#announcer?.close();
    this.#issues.close();
    const cancel = this.#clock.after(deadlineMs, () => void this.#kill());
    await this.#mesh?.stop();
    await this.#controlPlane?.stop();
    cancel();
  }

  async close(): Promise<void> {
    this.#told?.close();
    this.#announcer?.close();
    await this.#kill();
    for (const close of this.#closers.splice(0).reverse()) close();
    await this.#claims.close();
  }

  async #start(): Promise<LocalAppBound> {
    const { env, state: asked, podCidr, autoPorts } = this.#options;
    const cidr = valueOrThrow(parsePodCidr(podCidr), 'bad_pod_cidr');
    const folder = resolveManifestFolder(this.#options.folder);
    const state = new StateFolder(resolveStateFolder(asked, folder, env));
    this.#lock(state, folder);
    await this.#endLeftovers(state);
    const addresses = new AddressPool(cidr, this.#claims);
    if (!autoPorts && !(await addresses.ownsFirstBlock())) throw rangeTaken(podCidr);
    const ports = await chooseLocalPorts(autoPorts, systemPortProbe, this.#claims);
    state.reset();
    this.#state = state;
    const bound = { folder, state: state.root, ...addressesOf(ports) };
    this.#run(bound, state, addresses, ports.xds);
    return bound;
  }

  #lock(state: StateFolder, folder: string): void {
    const startTime = this.#host.startTimeOf(process.pid) ?? '';
    const lock = valueOrThrow(
      acquireLock(state.root, { pid: process.pid, startTime, folder }, (pid) => this.#host.startTimeOf(pid)),
      'already_up',
    );
    this.#closers.push(lock);
  }

  async #endLeftovers(state: StateFolder): Promise<void> {
    const ended = await endLeftovers(state.readProcesses(), this.#host, this.#clock);
    if (ended.length === 0) return;
    const text = `ended ${ended.length} processes that an earlier run had left behind: ${ended.map(({ what }) => what).join('; ')}`;
    this.#report({ kind: 'note', text });
  }

  #run(bound: LocalAppBound, state: StateFolder, addresses: AddressPool, xdsPort: number): void {
    const { folder, xdsAddress, adminAddress } = bound;
    const { program, env } = this.#options;
    const own: OwnProgramOptions = { program, env, xdsAddress };
    const logs = new LogFiles(this.#clock);
    this.#closers.push(() => logs.close());
    const shared: SharedParts = {
      clock: this.#clock,
      host: recordProcesses(this.#host, state),
      state,
      logs,
      report: this.#report,
    };
    this.#mesh = this.#createMesh(bound, addresses, own, shared);
    this.#announcer = this.#createAnnouncer(this.#mesh);
    this.#told = this.#createTold(this.#mesh, adminAddress);
    this.#controlPlane = new ControlPlaneKeeper({
      ...shared,
      program: controlPlaneProgram([folder, state.pods], adminAddress, own),
      xdsPort,
      folder,
      onReady: () => this.#announce(),
    });
    this.#started = true;
    const shown = displayPath(folder);
    this.#report({ kind: 'started', folder: shown, logs: state.logs, xdsAddress, adminAddress });
    this.#controlPlane.start();
    const emit = (issues: readonly Issue[]): void => this.#issues.set('control plane', issues);
    this.#closers.push(
      watchFolder(shown, { clock: this.#clock }, (contents) => this.#update(contents)),
      watchMeshIssues({ folders: [shown, state.pods], clock: this.#clock, emit }),
    );
  }

  #createMesh(bound: LocalAppBound, addresses: AddressPool, own: OwnProgramOptions, shared: SharedParts): LocalMesh {
    const { folder, frontDoor } = bound;
    return new LocalMesh({
      context: {
        ...shared,
        probeHost: this.#host,
        ports: systemPortProbe,
        machine: { nodePath: process.execPath, baseEnv: inheritedVariables(own.env), folder },
        launchSidecar: (placement) => sidecarProgram(placement, own),
        issues: this.#issues,
      },
      addresses,
      random: this.#options.random ?? systemRandom,
      newUid: randomUUID,
      frontDoor,
      maxPods: DEFAULT_MAX_PODS,
      onIdle: () => this.#announce(),
    });
  }

  #createAnnouncer(mesh: LocalMesh): Announcer {
    return new Announcer({
      clock: this.#clock,
      report: this.#report,
      pods: () => mesh.pods,
      tryUrl: () => findTryUrl(this.#objects ?? [], mesh.frontDoorNamespace ?? 'default'),
      waiting: () => mesh.waiting,
    });
  }

  #createTold(mesh: LocalMesh, adminAddress: string): MeshTold {
    return new MeshTold({
      clock: this.#clock,
      adminAddress,
      pods: () => mesh.pods,
      onTold: () => this.#announcer?.idle(this.#settled),
    });
  }

  #update({ objects, issues, readable }: FolderContents): void {
    this.#issues.set('folder', issues);
    if (!readable) return;
    const changes = this.#objects === null ? [] : objectChanges(this.#objects, objects);
    this.#objects = objects;
    for (const change of changes) this.#report(change);
    this.#mesh?.update(objects);
  }

  #announce(): void {
    if (this.#settled) this.#told?.look();
  }

  get #settled(): boolean {
    return this.#mesh?.isSettled === true && this.#controlPlane?.isReady === true;
  }

  readonly #report: ReportEvent = (event) => {
    const { print, colours, report } = this.#options;
    this.#announcer?.hear(event);
    const isShutdown = this.#draining && event.kind === 'pod';
    if (!isShutdown) for (const line of renderEvent(event, colours ? ansiPaint : plainPaint)) print(line);
    report?.(event);
  };

  async #kill(): Promise<void> {
    if (!this.#started) return;
    await Promise.all([this.#mesh?.kill(), this.#controlPlane?.kill()]);
    this.#state?.clearPods();
  }
}

function addressesOf(ports: LocalPorts): Pick<LocalAppBound, 'frontDoor' | 'xdsAddress' | 'adminAddress'> {
  return {
    frontDoor: `${LOOPBACK}:${ports.frontDoor}`,
    xdsAddress: `${LOOPBACK}:${ports.xds}`,
    adminAddress: `${LOOPBACK}:${ports.admin}`,
  };
}

function valueOrThrow<T>(result: Result<T>, code: string): T {
  if (result.ok) return result.value;
  throw new CodedError(code, result.issues.map(renderIssue).join('\n'));
}

function rangeTaken(podCidr: string): CodedError {
  const what = `the pod addresses ${podCidr} can't be had: another "switchboard up" uses them`;
  return new CodedError(
    'range_taken',
    what,
    'let switchboard choose with --ports auto, or give another range with --pod-cidr',
  );
}

/** As people would write it from where they are. */
function displayPath(folder: string): string {
  const path = relative(process.cwd(), folder);
  return path === '' ? '.' : path.startsWith('..') ? folder : path;
}
