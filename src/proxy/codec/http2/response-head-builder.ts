// @hot
// Header blocks of responses → ResponseHead (RFC 9113 section 8.3.2), the same as an HTTP/1.1 response that says this would give.
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, ResponseHead } from '../head.ts';
import { reasonOf } from '../status-reasons.ts';
import { KIND_STATUS } from './field-kind.ts';
import { HeadBuilder } from './head-builder.ts';
import { putText } from './head-bytes.ts';
import type { FieldText } from './hpack/hpack-decoder.ts';

const CHUNKED = 'transfer-encoding: chunked\r\n';
const NO_BODY = 'content-length: 0\r\n';

export class ResponseHeadBuilder extends HeadBuilder<ResponseHead> {
  /** At most one for each status that there is. */
  readonly #startLines = new Map<number, string>();

  constructor() {
    super(new ResponseHead(0));
  }

  begin(head: ResponseHead, text: FieldText): void {
    this.reset(head, text);
    head.status = 0;
  }

  /** The block has been read whole. `problem` tells whether it was a response to a request of that method. */
  end(text: FieldText, endStream: boolean, requestMethod: string): void {
    const { head } = this;
    this.complete(text);
    if (this.problem !== '') return;
    if (head.status < 200) this.#checkInterim(endStream);
    else this.#frameBody(text, endStream, requestMethod);
    if (this.problem === '') this.cut(text);
  }

  protected override onPseudoField(text: FieldText, start: number, end: number, kind: number): void {
    if (kind !== KIND_STATUS) this.refuse('a pseudo-header field that responses do not have');
    else if (this.head.status !== 0) this.refuse('a :status that is there twice');
    else this.head.status = statusIn(text.bytes, start, end);
  }

  protected override writeStart(text: FieldText): number {
    const { status } = this.head;
    if (status === 0) this.refuse('no :status of three digits');
    const at = putText(text.bytes, text.end, this.#startLine(status));
    this.head.fieldsStart = at - this.textStart;
    return at;
  }

  protected override onKnownField(): boolean {
    return true;
  }

  #startLine(status: number): string {
    const known = this.#startLines.get(status);
    if (known !== undefined) return known;
    const line = `HTTP/1.1 ${status} ${reasonOf(status)}\r\n`;
    this.#startLines.set(status, line);
    return line;
  }

  #checkInterim(endStream: boolean): void {
    const { head } = this;
    if (head.status === 101) this.refuse('101, which HTTP/2 does not have');
    else if (endStream) this.refuse('an interim response that ends the stream');
    this.#dropFraming();
  }

  #frameBody(text: FieldText, endStream: boolean, requestMethod: string): void {
    const { head } = this;
    const opensTunnel = requestMethod === 'CONNECT' && head.status < 300;
    const bodiless = head.status === 204 || head.status === 304 || requestMethod === 'HEAD' || opensTunnel;
    if (bodiless) {
      if (head.status === 204 || opensTunnel) this.#dropFraming();
      head.bodyKind = BODY_NONE;
      head.contentLength = 0;
    } else if (endStream) {
      if (head.bodyKind === BODY_NONE) this.addFraming(text, NO_BODY, 14);
      else if (head.contentLength > 0) this.refuse('a Content-Length without a body');
      head.bodyKind = BODY_LENGTH;
    } else if (head.bodyKind === BODY_NONE) {
      this.addFraming(text, CHUNKED, 17);
      head.bodyKind = BODY_CHUNKED;
    }
  }

  /** Such a response has no Content-Length (RFC 9110 section 8.6): a reader would wait for a body. */
  #dropFraming(): void {
    const { head } = this;
    if (head.bodyKind === BODY_LENGTH && this.contentLengthField >= 0) head.hopByHop[this.contentLengthField] = 1;
    head.bodyKind = BODY_NONE;
    head.contentLength = 0;
  }
}

/** Three digits, 100–599; 0 = they are not. */
function statusIn(bytes: Buffer, start: number, end: number): number {
  if (end - start !== 3) return 0;
  let status = 0;
  for (let at = start; at < end; at += 1) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return 0;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : 0;
}
