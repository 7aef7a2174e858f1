// Both sides of a caller's request, whatever protocol carries it: who answers, and the way back.
import type { Socket } from 'node:net';
import type { ErrorCode } from '../../model/errors.ts';
import type { RequestHead, ResponseHead } from './head.ts';

/**
 * Whoever answers the requests of a connection. Calls come in this order: head, data*, end, and `onRequestBatchEnd` after each read; no
 * head comes before the answer to the one before is complete (`endResponse`). Bytes are valid during the call; they are never overwritten,
 * so they may be kept.
 */
export interface ServerExchange {
  onRequestHead(head: RequestHead): void;
  onRequestData(bytes: Buffer, start: number, end: number): void;
  onRequestEnd(trailers: string): void;
  /** What this read brought has been delivered: flush what was made of it. */
  onRequestBatchEnd(): void;
  /** What came is not HTTP, or came too slowly. Answer if nothing of an answer has left, then close. */
  onRequestError(code: ErrorCode, detail: string): void;
  /** After a write had answered `false`: go on. */
  onDownstreamWritable(): void;
  /** The caller is gone in the middle of an exchange; nothing can be written any more. */
  onDownstreamGone(detail: string): void;
  /** The connection is closed; the last call. */
  onDownstreamClosed(): void;
}

export interface OpenTunnel {
  /** Not read yet. */
  readonly socket: Socket;
  /** What has come already; null = nothing. */
  readonly first: Buffer | null;
}

/** The answer to one request, as whoever answers sees it. Text is latin1: one character a byte. */
export interface DownstreamStream {
  /** The request has come whole. */
  readonly requestComplete: boolean;
  /** Its connection takes no new requests for much longer. */
  readonly draining: boolean;
  /** Its connection closes behind this answer. */
  readonly closing: boolean;
  /**
   * An answer comes now. `draining`: its connection is to take no further requests. `understood`: what was asked is known; where it is not, or
   * has not come whole, HTTP/1.1 could not tell what comes next.
   */
  beforeAnswer(draining: boolean, understood: boolean): void;
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
  /** Forgets what was sent since `sendHead`; `false` = some of it has left. */
  takeBackAnswer(): boolean;
  /** The answer is complete; the next exchange may begin during the call. `trailers`: lines, or ''. */
  endResponse(trailers: string): void;
  /** Says yes to CONNECT. From now on bytes pass both ways, and nothing else of this object may be used. */
  openTunnel(): OpenTunnel;
  /** Says yes to an upgrade to `protocol`, else as above. `fields`: lines `name: value\r\n` of the answer that go on beyond this hop. */
  openUpgrade(protocol: string, fields: string): OpenTunnel;
  /** Cuts the answer off, which tells the caller that it is not whole. */
  destroy(): void;
}
