// Keeps memory bounded while large bodies stream: asks for a young collection after so many bytes.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Node.js reads each piece of a body into a new buffer of up to 64 KiB, outside of V8's heap. V8 sees little reason to collect the small
 * objects that hold them, so that without this some 80 MB of dead buffers pile up under a fast stream. A young collection takes about a
 * millisecond.
 */
const COLLECT_BYTES = 16 * 1024 * 1024;

type CollectGarbage = (
  options: { readonly type: 'minor' } | { readonly type: 'major'; readonly flavor: 'last-resort' },
) => void;

export class BufferReclaimer {
  readonly #collect: CollectGarbage;
  #bytes = 0;

  constructor(collect: CollectGarbage = exposeGarbageCollector()) {
    this.#collect = collect;
  }

  /** Called for each piece of a body. */
  note(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes < COLLECT_BYTES) return;
    this.#bytes = 0;
    this.#collect({ type: 'minor' });
  }

  /** Collects everything: for a moment when much has become garbage and nothing more is made, since V8 collects only where something is made. */
  reclaimAll(): void {
    this.#collect({ type: 'major', flavor: 'last-resort' });
  }
}

/** V8 offers its collector to contexts made after the flag was set. */
function exposeGarbageCollector(): CollectGarbage {
  setFlagsFromString('--expose-gc');
  const collect: CollectGarbage = runInNewContext('gc');
  return collect;
}
