// Collects what a watcher emits and waits for the one that a test is about.

export class Emissions<T> {
  readonly all: T[] = [];
  #waiters: { readonly matches: (value: T) => boolean; readonly resolve: (value: T) => void }[] = [];

  readonly emit = (value: T): void => {
    this.all.push(value);
    const met = this.#waiters.filter((waiter) => waiter.matches(value));
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const waiter of met) waiter.resolve(value);
  };

  get last(): T | undefined {
    return this.all.at(-1);
  }

  /** The last value where it matches already, else the first to come that does. (jest's own time limit ends a vain wait.) */
  until(matches: (value: T) => boolean): Promise<T> {
    const last = this.all.at(-1);
    if (last !== undefined && matches(last)) return Promise.resolve(last);
    return new Promise((resolve) => {
      this.#waiters.push({ matches, resolve });
    });
  }
}
