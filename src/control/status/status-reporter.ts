// Tells an API server what became of its routes and policies, from whichever replica of the control plane holds the lease.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { Random } from '../../base/random.ts';
import type { ConnectKube } from '../../kube-api/kube-client.ts';
import type { KubeObjectRef } from '../../kube-api/kube-resource.ts';
import { LeaseElection } from './lease-election.ts';
import type { PresentStatuses } from './present-statuses.ts';
import { StatusWriter, type StatusWriterCounts } from './status-writer.ts';
import type { WantedStatus } from './wanted-status.ts';

export interface StatusReporterOptions {
  readonly connect: ConnectKube;
  /** Kept by the registry of the same API server. */
  readonly present: PresentStatuses;
  /** What should be said now; null while nobody knows it. */
  readonly wanted: () => readonly WantedStatus[] | null;
  readonly lease: KubeObjectRef;
  /** Of this process alone. */
  readonly identity: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export interface StatusReport extends StatusWriterCounts {
  /** This replica writes, and no other. */
  readonly leads: boolean;
}

export class StatusReporter {
  readonly #election: LeaseElection;
  readonly #writer: StatusWriter;

  constructor({ connect, present, wanted, lease, identity, clock, random, log }: StatusReporterOptions) {
    const leads = (): boolean => this.#election.leads;
    this.#writer = new StatusWriter({ connect, present, wanted, leads, clock, random, log });
    const onChange = (): void => this.#writer.wake();
    this.#election = new LeaseElection({ connect, lease, identity, clock, random, log, onChange });
  }

  get report(): StatusReport {
    return { leads: this.#election.leads, ...this.#writer.counts };
  }

  /** Called once. */
  start(): void {
    this.#election.start();
  }

  /** What is wanted may be otherwise. */
  wake(): void {
    this.#writer.wake();
  }

  /** Writes no more, and lets another replica begin at once. Safe to call again. */
  async close(): Promise<void> {
    await this.#writer.close();
    await this.#election.close();
  }
}
