// Waits for what other processes and sockets bring about, by looking often and failing loudly.

/** Resolves with the first value of `look` that is not null; rejects after `limitMs` with `what` and what was seen last. */
export async function waitUntil<T>(
  what: string,
  look: () => T | null | Promise<T | null>,
  limitMs = 4_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await look();
    if (value !== null) return value;
    if (performance.now() > deadline) throw new Error(`after ${limitMs} ms still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
