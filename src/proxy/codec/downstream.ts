// The way back to a caller, whatever protocol carries its request.
import type { ResponseHead } from './head.ts';

/** The answer to one request, as whoever answers sees it. Text is latin1: one character a byte. */
export interface DownstreamStream {
  /** The request has come whole. */
  readonly requestComplete: boolean;
  /** Its connection closes behind this answer. */
  readonly closing: boolean;
  /** The answer in work is the last one on its connection, or of those that are in work on it. */
  closeAfterAnswer(): void;
  pauseReading(): void;
  resumeReading(): void;
  /** A 1xx answer other than 101. */
  sendInterim(head: ResponseHead): void;
  /** `changed`: lines `name: value\r\n` that take the place of the head's own fields; null = those. */
  sendHead(head: ResponseHead, changed: string | null): void;
  /** An answer that was made here: a head as HTTP/1.1 has it, and a body of the length that it says, '' = none. */
  sendReply(head: string, body: string): void;
  /** At least one byte. `false`: wait for `onDownstreamWritable`. */
  sendData(bytes: Buffer, start: number, end: number): boolean;
  /** `false`: as above. */
  flush(): boolean;
  /** The answer is complete; the next exchange may begin during the call. `trailers`: lines, or ''. */
  endResponse(trailers: string): void;
  /** Cuts the answer off, which tells the caller that it is not whole. */
  destroy(): void;
}
