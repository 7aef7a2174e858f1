// Replicas of a control plane that write status to one API server in memory, on a clock that stands still.
import { seededRandom } from '../../src/base/random.ts';
import { PresentStatuses, readPresentStatus } from '../../src/control/status/present-statuses.ts';
import { STATUS_FORMS } from '../../src/control/status/status-form.ts';
import { StatusReporter } from '../../src/control/status/status-reporter.ts';
import type { StatusKey, WantedStatus } from '../../src/control/status/wanted-status.ts';
import type { KubeValue } from '../../src/kube-api/kube-client.ts';
import { ListLog } from './list-log.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedKube } from './scripted-kube.ts';
import { turns } from './until.ts';

export const STATUS_LEASE = { namespace: 'switchboard-system', name: 'switchboard-status' };

const ROUTES = STATUS_FORMS.HTTPRoute.resource;

/** The HTTPRoute of that name. */
export const routeKey = (name: string): StatusKey => ({ kind: 'HTTPRoute', namespace: 'shop', name });
export const WEB = { group: '', kind: 'Service', name: 'web' };

/** One control plane: what it was told of the routes, and what it thinks of them. */
export class StatusReplica {
  readonly present = new PresentStatuses();
  readonly log = new ListLog();
  readonly reporter: StatusReporter;
  readonly #kube: ScriptedKube;
  wanted: readonly WantedStatus[] | null = null;

  constructor(identity: string, kube: ScriptedKube, clock: ManualClock) {
    this.#kube = kube;
    this.reporter = new StatusReporter({
      connect: async () => kube,
      present: this.present,
      wanted: () => this.wanted,
      lease: STATUS_LEASE,
      identity,
      clock,
      random: seededRandom(3),
      log: this.log,
    });
    this.reporter.start();
  }

  /** As the registry does, with what the API server has now. */
  async hear(...names: readonly string[]): Promise<void> {
    for (const name of names) {
      const value = await this.#kube.read(ROUTES, routeKey(name));
      if (value === null) this.present.delete(routeKey(name));
      else this.present.put(readPresentStatus(routeKey(name), value, []));
    }
  }

  /** Of each of these: accepted, or refused for a reason. */
  think(...thoughts: readonly (readonly [name: string, generation: number, refused?: string])[]): void {
    this.wanted = thoughts.map(([name, generation, refused]) => ({
      ...routeKey(name),
      uid: `uid-httproutes.gateway.networking.k8s.io shop/${name}`,
      generation,
      entries: [
        {
          ref: WEB,
          conditions: [
            refused === undefined
              ? { type: 'Accepted', status: 'True', reason: 'Accepted', message: '' }
              : { type: 'Accepted', status: 'False', reason: refused, message: 'because' },
          ],
        },
      ],
    }));
    this.reporter.wake();
  }
}

export class StatusScene {
  readonly kube = new ScriptedKube();
  readonly clock = new ManualClock(Date.UTC(2026, 0, 2));
  readonly #replicas: StatusReplica[] = [];

  async start(identity = 'one'): Promise<StatusReplica> {
    const replica = new StatusReplica(identity, this.kube, this.clock);
    this.#replicas.push(replica);
    await turns(5);
    return replica;
  }

  /** In small steps, so that answers come between them. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 20) {
      this.clock.advance(Math.min(left, 20));
      await turns(3);
    }
  }

  put(name: string, generation = 1, status?: KubeValue): void {
    this.kube.put(ROUTES, routeKey(name), { metadata: { generation }, ...(status === undefined ? {} : { status }) });
  }

  async parentsOf(name: string): Promise<unknown> {
    const status = (await this.kube.read(ROUTES, routeKey(name)))?.['status'] as KubeValue | undefined;
    return status?.['parents'];
  }

  /** Requests since the last call that are not about the lease. */
  asked(): string[] {
    return this.kube.asked.splice(0).filter((ask) => !ask.includes('leases'));
  }

  /** All end, and leave no timer behind. */
  async close(): Promise<void> {
    this.kube.mend();
    for (const { reporter } of this.#replicas.splice(0)) await reporter.close();
    expect(this.clock.pendingTimers).toBe(0);
  }
}
