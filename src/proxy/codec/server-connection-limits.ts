// What one connection of a caller may take, and for how long, whatever protocol it speaks.

export interface ServerConnectionLimits {
  readonly maxHeadBytes: number;
  readonly maxFields: number;
  /** From the first byte of a head to its last, ms; 0 = for ever. */
  readonly headTimeoutMs: number;
  /** Without a request, ms; 0 = for ever. The connection is closed after one to two times this. */
  readonly idleTimeoutMs: number;
  /** The answer to the last of so many requests closes the connection; 0 = however many. */
  readonly maxRequests: number;
  /** At this age it is closed, or with the answer in work, ms; 0 = never. */
  readonly maxAgeMs: number;
  /** Requests of HTTP/2 that may be open at once; absent = 256. */
  readonly maxStreams?: number;
}
