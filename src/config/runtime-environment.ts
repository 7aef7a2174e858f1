// What the environment of our own processes says to the runtime below them, whoever starts them.

/**
 * glibc gives threads heaps of their own; Node's helper threads allocate little and seldom, and what they touched in theirs is never given back.
 * With one heap for all a sidecar at rest takes 2 to 4 MB less. Other C libraries know nothing of it. bin/switchboard.cjs says the same.
 */
export const RUNTIME_ENVIRONMENT: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1' };
