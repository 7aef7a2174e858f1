// What an exchange hears of its router.
import type { ErrorCode } from '../../model/errors.ts';
import type { ResponseHead } from '../codec/head.ts';
import type { UpstreamStream } from '../codec/upstream.ts';

/** The exchange, as its router sees it. Nothing is called between `stop` and the next `start`. */
export interface RouterOwner {
  onInformational(head: ResponseHead): void;
  /** The endpoint agrees to the upgrade; `upstream` can be opened during the call. */
  onUpgraded(head: ResponseHead, upstream: UpstreamStream): void;
  onResponseHead(head: ResponseHead): void;
  onResponseData(bytes: Buffer, start: number, end: number): void;
  onResponseEnd(trailers: string): void;
  onResponseBatchEnd(): void;
  /** No more of the request may be sent until `onUpstreamWritable`. */
  onUpstreamBlocked(): void;
  onUpstreamWritable(): void;
  /** No further attempt will be made; the last call. */
  onUpstreamFailed(code: ErrorCode, detail: string): void;
}
