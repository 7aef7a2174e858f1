// The copies of one request: begin with it, and take what comes of its body. Nothing that happens to them reaches the request.
import type { Random } from '../../base/random.ts';
import { BODY_NONE, type RequestHead } from '../codec/head.ts';
import { renderRequestHead } from '../codec/http1/write-head.ts';
import { copyHead, shadowHost } from '../mirror/copied-head.ts';
import type { Copy } from '../mirror/mirror-target.ts';
import type { Mirror } from '../route/mirrors.ts';

export interface CopiedRequest {
  readonly head: RequestHead;
  /** As the endpoint gets it; '' = as it came, with `extra`. */
  readonly changedHead: string;
  readonly extra: string;
  /** 0 = none. */
  readonly timeoutMs: number;
}

export class RequestCopies {
  readonly #copies: readonly Copy[];

  private constructor(copies: readonly Copy[]) {
    this.#copies = copies;
  }

  /** Null = there are none of this request. */
  static begin(mirrors: readonly Mirror[], request: CopiedRequest, random: Random): RequestCopies | null {
    const taken = mirrors.filter((mirror) => mirror.takes(random));
    if (taken.length === 0) return null;
    const { head, changedHead, extra, timeoutMs } = request;
    const text = changedHead === '' ? renderRequestHead(head, extra) : changedHead;
    const copies = taken.flatMap((mirror) => {
      const target = mirror.slot.cluster?.mirror;
      if (target === undefined) return [];
      const copied = copyHead(text, (host) => mirror.hostOf(host, shadowHost));
      return target.begin(copied, head.bodyKind !== BODY_NONE, timeoutMs) ?? [];
    });
    return copies.length === 0 ? null : new RequestCopies(copies);
  }

  add(bytes: Buffer, start: number, end: number): void {
    for (const copy of this.#copies) copy.add(bytes, start, end);
  }

  complete(): void {
    for (const copy of this.#copies) copy.complete();
  }

  /** The request has ended. */
  release(): void {
    for (const copy of this.#copies) copy.release();
  }
}
