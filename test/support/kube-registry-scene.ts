// A Kubernetes registry over a scripted API server and a clock that stands still, and all that it has told.
import type { Cancel } from '../../src/base/clock.ts';
import { renderIssue } from '../../src/base/result.ts';
import { KubernetesRegistry } from '../../src/control/registry/kubernetes.ts';
import type { RegistryEvent } from '../../src/control/registry/registry.ts';
import type { KindHealth } from '../../src/control/registry/registry-health.ts';
import { type KubeObject, keyOf, renderKey } from '../../src/kube/objects.ts';
import type { KubeClient } from '../../src/kube-api/kube-client.ts';
import { type KubeResource, resourceName } from '../../src/kube-api/kube-resource.ts';
import { ListLog } from './list-log.ts';
import { ManualClock } from './manual-clock.ts';
import { ScriptedKube } from './scripted-kube.ts';
import { turns } from './until.ts';

const STEP_MS = 500;

export class KubeRegistryScene {
  readonly kube = new ScriptedKube();
  readonly clock = new ManualClock();
  readonly log = new ListLog();
  readonly events: RegistryEvent[] = [];
  readonly held = new Map<string, KubeObject>();
  readonly registry: KubernetesRegistry;
  /** Each draw of chance; near 1, delays are as long as they may be. */
  chance = 0.999;
  #cancel: Cancel = () => {};

  constructor(connect?: () => Promise<KubeClient>) {
    const random = { next: () => this.chance };
    this.registry = new KubernetesRegistry({
      connect: connect ?? (() => Promise.resolve(this.kube)),
      clock: this.clock,
      random,
      log: this.log,
    });
  }

  async start(): Promise<void> {
    this.#cancel = this.registry.watch((event) => {
      this.events.push(event);
      if (event.kind !== 'changed') return;
      for (const { object } of event.upserted) this.held.set(renderKey(keyOf(object)), object);
      for (const key of event.deleted) this.held.delete(renderKey(key));
    });
    await turns(2);
  }

  /** In steps: what a timer begins sets the next one only when its answer is in. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(left, STEP_MS));
      await turns(1);
    }
  }

  /** Leaves no timer and no watch behind. */
  async close(): Promise<void> {
    this.#cancel();
    await turns(1);
    expect(this.clock.pendingTimers).toBe(0);
    expect(this.kube.openWatches).toEqual([]);
  }

  count(kind: RegistryEvent['kind']): number {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /** Those that it has now. */
  get issues(): readonly string[] {
    const last = this.events.findLast((event) => event.kind === 'issues');
    return last?.kind === 'issues' ? last.issues.map(renderIssue) : [];
  }

  health(resource: KubeResource): KindHealth | undefined {
    return this.registry.health().kinds.find((kind) => kind.resource === resourceName(resource));
  }

  asked(ask: string): readonly string[] {
    return this.kube.asked.filter((line) => line.startsWith(ask));
  }
}
