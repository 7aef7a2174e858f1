// The way to an endpoint, whatever protocol carries the request.
import type { ErrorCode } from '../../model/errors.ts';
import type { OpenTunnel } from './downstream.ts';
import type { RequestHead, ResponseHead } from './head.ts';

/**
 * Whoever sent the request. Calls come in this order: informational*, head, data*, end; or a failure at any point, which is the last call.
 * Bytes are never overwritten, so they may be kept.
 */
export interface ClientExchange {
  /** A 1xx answer other than 101; the head is valid during the call. */
  onInformational(head: ResponseHead): void;
  /** The endpoint agrees to the upgrade that it was asked for; the head is valid during the call. Whoever does not take the tunnel ends the request. */
  onUpgraded(head: ResponseHead): void;
  onResponseHead(head: ResponseHead): void;
  onResponseData(bytes: Buffer, start: number, end: number): void;
  /** The answer is complete; the connection has been given back or closed before the call. */
  onResponseEnd(trailers: string): void;
  /** What this read brought has been delivered: flush what was made of it. */
  onResponseBatchEnd(): void;
  /** The connection has come to be, or takes more after a write had answered `false`: go on. */
  onUpstreamWritable(): void;
  /** `unsent`: the connection never came to be, so the upstream has seen nothing of the request. */
  onUpstreamFailure(code: ErrorCode, detail: string, unsent: boolean): void;
}

/** One request on its way, as whoever sends it sees it. After the last call of its ClientExchange it belongs to somebody else. */
export interface UpstreamStream {
  /** Its connection has come to be. */
  readonly connected: boolean;
  /** A limit of ours keeps it from having a connection; absent = none does. */
  readonly waits?: boolean;
  /** Comes first. `extra`: further lines `name: value\r\n`, or ''. `changed`: the whole head as HTTP/1.1 has it, '' = as it came. */
  sendHead(head: RequestHead, extra: string, changed: string): void;
  /** Comes first, instead: asks for `protocol`, one name or a list. The answer may be `onUpgraded`. */
  sendUpgrade(head: RequestHead, extra: string, changed: string, protocol: string): void;
  /** During `onUpgraded`: bytes pass both ways from now on, the exchange hears no more, and nothing else of this object may be used but `destroy`. */
  openTunnel(): OpenTunnel;
  /** At least one byte. `false`: wait for `onUpstreamWritable`. */
  sendData(bytes: Buffer, start: number, end: number): boolean;
  /** The request is complete. `trailers`: lines, or ''. */
  endRequest(trailers: string): void;
  /** `false`: as above. */
  flush(): boolean;
  pauseReading(): void;
  resumeReading(): void;
  /** Ends it; the exchange is told nothing. */
  destroy(): void;
}

/** Connections to one endpoint. */
export interface UpstreamPool {
  /** Connections that carry nothing. */
  readonly idleCount: number;
  /**
   * A way for one request; the caller sends its head next. What is sent before the connection has come to be is kept. `repeatable`: should the
   * request be lost on a connection that the endpoint is just closing, it is sent again.
   */
  begin(exchange: ClientExchange, method: string, nowMs: number, repeatable: boolean): UpstreamStream;
  /** The endpoint has left: idle connections close now, the others after their answers. */
  drain(): void;
  /** Closes everything, answers in work too. */
  close(): void;
}
