// The registry of a Kubernetes API server: every kind that counts, listed and watched.
import type { Cancel, Clock } from '../../base/clock.ts';
import { codeOf, messageOf } from '../../base/coded-error.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import { errorIssue, type Issue, renderIssue } from '../../base/result.ts';
import type { ConnectKube, KubeClient } from '../../kube-api/kube-client.ts';
import type { KubeError } from '../../kube-api/kube-error.ts';
import { PresentStatuses } from '../status/present-statuses.ts';
import type { HeldChange } from './kubernetes/held-objects.ts';
import { KindWatch } from './kubernetes/kind-watch.ts';
import { WATCHED_KINDS } from './kubernetes/watched-kinds.ts';
import type { Registry, RegistryEvent } from './registry.ts';
import type { RegistryHealth } from './registry-health.ts';

export interface KubernetesRegistryOptions {
  readonly connect: ConnectKube;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const NAME = 'kubernetes';

/**
 * It is synced when the first list of every kind is in; a kind whose CRD is not installed is an empty one. While the API server is away, or
 * refuses a kind, everything that it told stays.
 */
export class KubernetesRegistry implements Registry {
  readonly name = NAME;
  readonly selectsPods = false;
  readonly connect: ConnectKube;
  readonly statuses = new PresentStatuses();
  readonly #options: KubernetesRegistryOptions;
  #kinds: readonly KindWatch[] = [];
  #client: KubeClient | null = null;

  constructor(options: KubernetesRegistryOptions) {
    this.#options = options;
    this.connect = options.connect;
  }

  health(): RegistryHealth {
    return { kinds: this.#kinds.map((kind) => kind.health) };
  }

  watch(emit: (event: RegistryEvent) => void): Cancel {
    let cancelled = false;
    const emitOpen = (event: RegistryEvent): void => {
      if (!cancelled) emit(event);
    };
    void this.connect().then(
      (client) => {
        if (!cancelled) this.#follow(client, emitOpen);
      },
      (error: unknown) => emitOpen({ kind: 'issues', issues: [errorIssue(messageOf(error), { source: NAME })] }),
    );
    return () => {
      cancelled = true;
      for (const kind of this.#kinds) kind.close();
      void this.#client?.close();
    };
  }

  #follow(client: KubeClient, emit: (event: RegistryEvent) => void): void {
    this.#client = client;
    const { clock, random, log } = this.#options;
    let told = '';
    let synced = false;
    const noted = (): void => {
      const issues = this.#issues();
      const text = issues.map(renderIssue).join('\n');
      if (text !== told) emit({ kind: 'issues', issues });
      told = text;
      if (!synced && this.#kinds.every((kind) => kind.isListed)) {
        synced = true;
        emit({ kind: 'synced' });
      }
    };
    const recovered = (): void => {
      for (const kind of this.#kinds) kind.hurry();
    };
    this.#kinds = WATCHED_KINDS.map((watched) => {
      const changed = (change: HeldChange) => emit({ kind: 'changed', ...change });
      const { statuses } = this;
      return new KindWatch({ watched, client, clock, random, log, statuses, changed, noted, recovered });
    });
    for (const kind of this.#kinds) void kind.run();
  }

  /** One for a server that does not answer, whatever the number of kinds that wait for it; one for each kind that it refuses. */
  #issues(): readonly Issue[] {
    const troubles = this.#kinds.flatMap(({ trouble }) => trouble ?? []);
    const perKind = troubles.filter(isOfItsKind);
    const general = troubles.find((trouble) => !isOfItsKind(trouble));
    const broken = this.#kinds.flatMap(({ issues }) => issues);
    return [...(general === undefined ? [] : [this.#generalIssue(general)]), ...perKind.map(kindIssue), ...broken];
  }

  /** The same words for as long as it lasts, so that it is told once. */
  #generalIssue(trouble: KubeError): Issue {
    const synced = this.#kinds.every((kind) => kind.isListed);
    const what = GENERAL[codeOf(trouble)] ?? 'fails';
    const so = synced ? 'what it said last stays in force' : 'sidecars are told nothing before it has answered';
    const remedy = `${trouble.message}${trouble.remedy === undefined ? '' : `; ${trouble.remedy}`}`;
    return errorIssue(`the API server ${what}: ${so}`, { source: NAME, remedy });
  }
}

const GENERAL: Readonly<Record<string, string>> = {
  kube_unreachable: "can't be reached",
  kube_busy: 'is too busy to answer',
  kube_unauthorized: 'does not accept our credentials',
};

/** Others may be fine. */
function isOfItsKind({ code }: KubeError): boolean {
  return code !== 'kube_unreachable' && code !== 'kube_busy' && code !== 'kube_unauthorized';
}

function kindIssue({ message, remedy }: KubeError): Issue {
  return errorIssue(message, { source: NAME, ...(remedy === undefined ? {} : { remedy }) });
}
