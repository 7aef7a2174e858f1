// Waits for a condition without a sleep: looks again after every turn of the event loop.

const LIMIT_MS = 4_000;

/** Rejects after 4 s, before jest gives up by itself, with `what` and whatever `state` answers then. */
export async function until(what: string, condition: () => boolean, state: () => unknown = () => ''): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not within ${LIMIT_MS} ms: ${what} ${JSON.stringify(state())}`);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}

/** So many turns of the event loop: enough for bytes on loopback to arrive, for tests that show that nothing happens. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
  }
}
