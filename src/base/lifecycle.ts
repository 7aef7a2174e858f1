// How long-lived parts begin and end: start once, drain within a deadline, close at once.

export interface Lifecycle<Bound> {
  /** Resolves with what was bound (addresses, ports) when it serves; rejects with the reason when it can't. Called once. */
  start(): Promise<Bound>;
  /** Takes no new work and resolves when the running work is done or `deadlineMs` have passed. */
  drain(deadlineMs: number): Promise<void>;
  /** Ends everything now. Safe to call in every state, and again. */
  close(): Promise<void>;
}
