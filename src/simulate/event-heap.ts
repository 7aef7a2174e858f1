// @hot
// What is to happen, earliest first: a binary heap whose entries belong to whoever waits for them, so that waiting allocates nothing.

export interface Due {
  /** When, ms. Not changed while it is in the heap. */
  atMs: number;
  /** Of two at the same time the lower goes first. Set by whoever adds it. */
  order: number;
  onDue(): void;
}

export class EventHeap {
  readonly #entries: Due[] = [];

  get size(): number {
    return this.#entries.length;
  }

  /** The earliest; null of none. */
  get first(): Due | null {
    return this.#entries[0] ?? null;
  }

  /** It must not be in the heap. */
  add(due: Due): void {
    const entries = this.#entries;
    let at = entries.length;
    entries.push(due);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = entries[parent] as Due;
      if (!isBefore(due, above)) break;
      entries[at] = above;
      at = parent;
    }
    entries[at] = due;
  }

  /** Takes the earliest out; null of none. */
  take(): Due | null {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined) return null;
    if (entries.length > 0) this.#sink(last);
    return first;
  }

  /** Puts `due` where the first one was, and lets it down to its place. */
  #sink(due: Due): void {
    const entries = this.#entries;
    const count = entries.length;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      const right = child + 1;
      if (right < count && isBefore(entries[right] as Due, entries[child] as Due)) child = right;
      const below = entries[child] as Due;
      if (!isBefore(below, due)) break;
      entries[at] = below;
      at = child;
    }
    entries[at] = due;
  }
}

function isBefore(left: Due, right: Due): boolean {
  return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order);
}
