// What the HTTP/2 connections of a listener or cluster share: scratch space that is used without a pause, the flush queue, the clock, the numbers.
import { RequestHead, ResponseHead } from '../head.ts';
import { FlushQueue } from './flush-queue.ts';
import { BlockWriter } from './hpack/block-writer.ts';
import { FieldText } from './hpack/hpack-decoder.ts';
import type { Http2Stats } from './http2-stats.ts';
import { RequestHeadBuilder } from './request-head-builder.ts';
import { ResponseHeadBuilder } from './response-head-builder.ts';
import { SharedHeads } from './shared-heads.ts';
import { TrailerBuilder } from './trailer-builder.ts';

export class Http2Commons {
  readonly queue = new FlushQueue();
  readonly text: FieldText;
  readonly block = new BlockWriter();
  readonly requests = new RequestHeadBuilder();
  readonly responses = new ResponseHeadBuilder();
  readonly trailers = new TrailerBuilder();
  readonly sharedRequests = new SharedHeads(() => new RequestHead(0));
  readonly sharedResponses = new SharedHeads(() => new ResponseHead(0));
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Of all these connections. */
  readonly stats: Http2Stats;

  /** `maxHeadBytes`: of a header list, counted as RFC 9113 section 10.5.1 says. */
  constructor(maxHeadBytes: number, now: () => number, stats: Http2Stats) {
    this.text = new FieldText(maxHeadBytes);
    this.now = now;
    this.stats = stats;
  }
}
