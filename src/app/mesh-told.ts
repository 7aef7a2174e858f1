// Tells whether all that runs in the local mesh has come through to the sidecars: pods that are ready are of no use before.
import type { Cancel, Clock } from '../base/clock.ts';
import type { PodRow } from '../local/events.ts';

const TIMEOUT_MS = 2_000;

const POLL_MS = 50;

export interface MeshToldOptions {
  readonly clock: Clock;
  /** Of the control plane's admin pages, `host:port`. */
  readonly adminAddress: string;
  readonly pods: () => readonly PodRow[];
  /** Called once for each `look`, when it is so. */
  readonly onTold: () => void;
}

export class MeshTold {
  readonly #options: MeshToldOptions;
  #stop: Cancel = () => {};

  constructor(options: MeshToldOptions) {
    this.#options = options;
  }

  /** Looks again and again until it is so; a further call begins anew. */
  look(): void {
    this.#stop();
    let over = false;
    let asking = false;
    const ask = async (): Promise<void> => {
      if (asking) return;
      asking = true;
      const told = await this.#isTold();
      asking = false;
      if (!told || over) return;
      this.#stop();
      this.#options.onTold();
    };
    const stopTimer = this.#options.clock.every(POLL_MS, () => void ask());
    this.#stop = () => {
      over = true;
      stopTimer();
    };
    void ask();
  }

  close(): void {
    this.#stop();
  }

  /** False as well where the control plane does not answer. */
  async #isTold(): Promise<boolean> {
    const { adminAddress, pods } = this.#options;
    try {
      const held = await ask<PodsPage>(adminAddress, '/debug/pods');
      const rows = pods();
      // Asked for after the pods: what clients have then is made of them.
      return knowsReadyPods(held, rows) && haveNewest(await ask<ClientsPage>(adminAddress, '/debug/clients'), rows);
    } catch {
      return false;
    }
  }
}

interface PodsPage {
  readonly pods: readonly { readonly namespace: string; readonly name: string; readonly ready: boolean }[] | null;
}

interface ClientsPage {
  readonly clients: readonly { readonly types: readonly { readonly synced: boolean }[] }[];
}

async function ask<Page>(adminAddress: string, path: string): Promise<Page> {
  const response = await fetch(`http://${adminAddress}${path}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  return (await response.json()) as Page;
}

function knowsReadyPods({ pods: held }: PodsPage, pods: readonly PodRow[]): boolean {
  if (held === null) return false;
  const ready = new Set(held.filter((pod) => pod.ready).map(({ namespace, name }) => `${namespace}/${name}`));
  return pods.every(({ namespace, name, state }) => state !== 'ready' || ready.has(`${namespace}/${name}`));
}

/** Each pod with a sidecar is a client; there may be others. */
function haveNewest({ clients }: ClientsPage, pods: readonly PodRow[]): boolean {
  const sidecars = pods.filter(({ outbound }) => outbound.length > 0).length;
  return clients.length >= sidecars && clients.every(({ types }) => types.every(({ synced }) => synced));
}
