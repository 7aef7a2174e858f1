// Watches a folder of manifests and hands out its whole content whenever that has changed.
import { type FSWatcher, watch } from 'node:fs';
import type { Cancel, Clock } from '../base/clock.ts';
import type { ListingLimits } from './folder-files.ts';
import { type FolderContents, FolderReader } from './folder-reader.ts';

export interface FolderOptions extends Partial<ListingLimits> {
  readonly clock: Clock;
  /** How long to wait after the first sign of a change, so that its other files are seen with it, ms; default 30. */
  readonly debounceMs?: number;
  /** How often to look without a sign, ms; default 5,000. It covers file systems that tell nothing. */
  readonly rescanMs?: number;
}

/**
 * Reads `dir` (recursively: *.yaml, *.yml, *.json) and emits, then emits after each change; never twice the same. A
 * file that has become malformed keeps its last good objects, a folder that has gone away all of them.
 */
export function watchFolder(dir: string, options: FolderOptions, emit: (contents: FolderContents) => void): Cancel {
  const watcher = new FolderWatcher(dir, options, emit);
  watcher.start();
  return () => watcher.close();
}

/**
 * One watch per folder instead of Node's recursive one: that one watches every file too, `node_modules` included, and the
 * system's watches are few.
 */
class FolderWatcher {
  readonly #options: FolderOptions;
  readonly #emit: (contents: FolderContents) => void;
  readonly #reader: FolderReader;
  /** By path and inode: a folder that was replaced is another one. */
  #watches = new Map<string, FSWatcher>();
  #scanning = false;
  #again = false;
  #emitted = false;
  #closed = false;
  #cancelDebounce: Cancel | null = null;
  #cancelRescan: Cancel = () => {};

  constructor(dir: string, options: FolderOptions, emit: (contents: FolderContents) => void) {
    this.#options = options;
    this.#emit = emit;
    this.#reader = new FolderReader(dir, { maxFiles: 5_000, maxFolders: 1_000, ...options });
  }

  start(): void {
    this.#cancelRescan = this.#options.clock.every(this.#options.rescanMs ?? 5_000, () => this.#scanNow());
    this.#scanNow();
  }

  close(): void {
    this.#closed = true;
    this.#cancelRescan();
    this.#cancelDebounce?.();
    for (const watch of this.#watches.values()) watch.close();
    this.#watches.clear();
  }

  #scanSoon(): void {
    if (this.#closed) return;
    this.#cancelDebounce ??= this.#options.clock.after(this.#options.debounceMs ?? 30, () => {
      this.#cancelDebounce = null;
      this.#scanNow();
    });
  }

  #scanNow(): void {
    if (this.#scanning) this.#again = true;
    else void this.#scan();
  }

  async #scan(): Promise<void> {
    this.#scanning = true;
    const before = this.#watches;
    const seen = new Map<string, FSWatcher>();
    const result = await this.#reader.scan(this.#options.clock.wallNow(), (path, inode) => {
      if (!this.#closed) this.#watchFolder(path, `${inode}:${path}`, before, seen);
    });
    this.#scanning = false;
    if (this.#closed) return;
    for (const [key, watch] of before) if (!seen.has(key)) watch.close();
    this.#watches = seen;
    if (result.changed || !this.#emitted) this.#emit(result.contents);
    this.#emitted = true;
    if (this.#again || result.unsettled) this.#scanSoon();
    this.#again = false;
  }

  #watchFolder(path: string, key: string, before: Map<string, FSWatcher>, seen: Map<string, FSWatcher>): void {
    const watch = before.get(key) ?? this.#open(path, key);
    if (watch === null) return;
    seen.set(key, watch);
    // Both hold it until the scan is over, so that `close` meanwhile finds it.
    before.set(key, watch);
  }

  /** Null where the system gives no watch (too many, or none on this file system): then the regular look must do. */
  #open(path: string, key: string): FSWatcher | null {
    try {
      const opened = watch(path, { persistent: false }, () => this.#scanSoon());
      opened.on('error', () => {
        opened.close();
        this.#watches.delete(key);
      });
      return opened;
    } catch {
      return null;
    }
  }
}
