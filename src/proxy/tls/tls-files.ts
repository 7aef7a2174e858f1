// Files of certificates, keys and authorities: read again when they have changed, and put to use when they are good.
import { type BigIntStats, statSync } from 'node:fs';
import type { SecureContext, SecureContextOptions } from 'node:tls';
import type { Cancel, Clock } from '../../base/clock.ts';
import { messageOf } from '../../base/coded-error.ts';
import type { Log } from '../../base/log.ts';
import { type ContextSpec, filesOf, secureContextOf, secureOptionsOf } from './secure-options.ts';

/**
 * Between two looks, ms. Looking finds what notices of the system miss: symbolic links that are swapped anywhere on the way, as
 * Kubernetes does it with Secrets, and network file systems. It costs a stat for each file.
 */
export const POLL_MS = 5_000;

/** Takes what has been read, for connections to come. */
type Use = (options: SecureContextOptions, context: SecureContext) => void;

export class TlsFiles {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #watched = new Set<WatchedFiles>();
  #cancel: Cancel | null = null;

  constructor(clock: Clock, log: Log) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * `applied`: what is in use, read before. `use` is called with every good change, until `stop`; after a bad one what is in use stays, and the log
   * says why. `what`: for people, `listener "outbound"`.
   */
  watch(what: string, spec: ContextSpec, applied: SecureContextOptions, use: Use): WatchedFiles {
    const watched = new WatchedFiles(what, spec, applied, use, this.#log, () => this.#forget(watched));
    if (filesOf(spec).length === 0) return watched;
    this.#watched.add(watched);
    this.#cancel ??= this.#clock.every(POLL_MS, () => {
      for (const each of this.#watched) each.look();
    });
    return watched;
  }

  #forget(watched: WatchedFiles): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    this.#cancel?.();
    this.#cancel = null;
  }
}

export class WatchedFiles {
  /** Changes that were put to use, and those that could not be. */
  reloads = 0;
  refusals = 0;
  readonly stop: () => void;
  readonly #what: string;
  readonly #spec: ContextSpec;
  readonly #use: Use;
  readonly #log: Log;
  #applied: string;
  /** Of the files when they were read last; '' = they may have changed since. */
  #stamp = '';

  constructor(what: string, spec: ContextSpec, applied: SecureContextOptions, use: Use, log: Log, stop: () => void) {
    this.#what = what;
    this.#spec = spec;
    this.#applied = JSON.stringify(applied);
    this.#use = use;
    this.#log = log;
    this.stop = stop;
  }

  look(): void {
    const paths = filesOf(this.#spec);
    // Before they are read: what changes meanwhile is seen the next time.
    const stamp = paths.map(stampOf).join();
    if (stamp === this.#stamp) return;
    this.#stamp = stamp;
    const files = paths.join(', ');
    try {
      const options = secureOptionsOf(this.#spec);
      const text = JSON.stringify(options);
      if (text === this.#applied) return;
      this.#use(options, secureContextOf(options));
      this.#applied = text;
      this.reloads += 1;
      this.#log.info(`TLS of ${this.#what}: changed files are in use for new connections`, { files });
    } catch (error) {
      this.refusals += 1;
      const remedy = 'what was read before stays in use; they are read again when they change';
      this.#log.error(`TLS of ${this.#what}: changed files cannot be used: ${messageOf(error)}; ${remedy}`, { files });
    }
  }
}

/** Another file, another content, or none: links are followed. */
function stampOf(path: string): string {
  const stats: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? 'none' : `${stats.dev}:${stats.ino}:${stats.mtimeNs}:${stats.ctimeNs}:${stats.size}`;
}
