// What a pool has for the next request: known before it is asked for, where connections are limited.

/** A connection that is there. */
export const READY = 0;
/** One that is coming to be, beside others. */
export const JOINS = 1;
/** A new one: there is none that takes it. */
export const CONNECTS = 2;
/** A handshake that is going on tells. */
export const UNKNOWN = 3;

export type Way = typeof READY | typeof JOINS | typeof CONNECTS | typeof UNKNOWN;
