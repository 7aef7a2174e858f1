// A map that forgets what was not asked for longest, so that clients can't make it grow without end.

export class Recent<V> {
  readonly #limit: number;
  readonly #values = new Map<string, V>();

  /** `limit` ≥ 1. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.#values.delete(key);
    this.#values.set(key, value);
    if (this.#values.size <= this.#limit) return;
    for (const oldest of this.#values.keys()) {
      this.#values.delete(oldest);
      return;
    }
  }
}
