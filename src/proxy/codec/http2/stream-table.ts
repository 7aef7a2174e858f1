// @hot
// The open streams of a connection by number: a Map that is set and deleted for each request makes garbage of its own.

/** A power of two. Numbers follow each other by two, so that streams which are open at the same time seldom meet. */
const SLOTS = 64;

export class StreamTable<S extends { readonly id: number }> {
  readonly #slots: (S | null)[] = [];
  /** Those whose slot is taken. */
  readonly #others = new Map<number, S>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): S | undefined {
    const stream = this.#slots[slotOf(id)];
    if (stream !== undefined && stream !== null && stream.id === id) return stream;
    return this.#others.size === 0 ? undefined : this.#others.get(id);
  }

  /** A stream that has this number and is not in the table. */
  add(stream: S): void {
    const { id } = stream;
    const slot = slotOf(id);
    while (this.#slots.length <= slot) this.#slots.push(null);
    if (this.#slots[slot] === null) this.#slots[slot] = stream;
    else this.#others.set(id, stream);
    this.#size += 1;
  }

  /** Answers what it has taken out, `undefined` = it had none of that number. */
  delete(id: number): S | undefined {
    const stream = this.get(id);
    if (stream === undefined) return undefined;
    const slot = slotOf(id);
    if (this.#slots[slot] === stream) this.#slots[slot] = null;
    else this.#others.delete(id);
    this.#size -= 1;
    return stream;
  }

  /** Streams may be deleted meanwhile; those that are do not come any more. */
  *values(): Generator<S> {
    for (const stream of this.#slots) if (stream !== null) yield stream; // alloc-ok: for what happens once a connection
    yield* this.#others.values(); // alloc-ok: as above
  }
}

function slotOf(id: number): number {
  return (id >>> 1) & (SLOTS - 1);
}
