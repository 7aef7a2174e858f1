// @hot
// The fields of one header block → a head with the text that it would have in HTTP/1.1: what requests and responses have in common.
import { BODY_LENGTH, BODY_NONE, FIELD_HOP, FIELD_NEVER_INDEXED, type Head, OFFSETS_PER_FIELD } from '../head.ts';
import { KIND_CONTENT_LENGTH, KIND_HOP, KIND_TE } from '../http1/field-kind.ts';
import { isPseudo, KIND_COOKIE, KIND_MALFORMED } from './field-kind.ts';
import { isText, moveBytes, putText } from './head-bytes.ts';
import type { FieldSink, FieldText } from './hpack/hpack-decoder.ts';

/** One for many connections: a block is decoded without a pause. */
export abstract class HeadBuilder<H extends Head> implements FieldSink {
  /** Why the block is no message (RFC 9113 section 8.1.1), '' = it may be one. */
  problem = '';
  /** It has more fields than the head takes; those beyond are not kept. */
  tooManyFields = false;
  protected head: H;
  /** Where the head's text begins in the bytes of the text: behind the pseudo-header fields. */
  protected textStart = 0;
  /** The start line stands, so no pseudo-header field may follow. */
  protected started = false;
  protected contentLengthField = -1;
  #cookieField = -1;
  /** Crumbs of a cookie have been joined, so that fields have moved. */
  protected cookiesApart = false;

  constructor(head: H) {
    this.head = head;
  }

  /** The next block is read into `head`. */
  protected reset(head: H, text: FieldText): void {
    this.head = head;
    this.problem = '';
    this.tooManyFields = false;
    this.started = false;
    this.contentLengthField = -1;
    this.#cookieField = -1;
    this.cookiesApart = false;
    text.end = 0;
    head.text = '';
    head.fieldCount = 0;
    head.versionMajor = 2;
    head.versionMinor = 1;
    head.bodyKind = BODY_NONE;
    head.contentLength = 0;
    head.keepAlive = true;
    head.upgrade = false;
    head.addedField = -1;
  }

  onField(text: FieldText, nameLength: number, valueLength: number, kind: number, neverIndexed: boolean): void {
    if (kind === KIND_MALFORMED)
      this.refuse('a field that HTTP/2 does not allow, or with characters that it does not allow');
    else if (isPseudo(kind)) this.#pseudoField(text, nameLength, valueLength, kind);
    else this.#field(text, nameLength, valueLength, kind, neverIndexed);
  }

  /** Keeps the pseudo-header field whose value is in `start` … `end`. */
  protected abstract onPseudoField(text: FieldText, start: number, end: number, kind: number): void;

  /** Writes the start line from `text.end` on, with `fieldsStart`, and the fields that come of it; answers the offset behind them. */
  protected abstract writeStart(text: FieldText): number;

  /** A field that means something to this kind of head. Its line stands in the text; false = it is not to be kept. */
  protected abstract onKnownField(text: FieldText, field: number, kind: number): boolean;

  protected refuse(problem: string): void {
    if (this.problem === '') this.problem = problem;
  }

  /** The start line goes in front of the first field, whose line has been decoded to where it must stand. */
  protected start(text: FieldText): void {
    this.started = true;
    this.textStart = text.end;
    text.end = this.writeStart(text);
  }

  /** Text and the body's length as the fields tell; the fields' offsets are final already. */
  protected complete(text: FieldText): void {
    if (!this.started) this.start(text);
    if (this.cookiesApart) this.#joinCookies(text);
    if (this.contentLengthField >= 0) this.#readContentLength(text);
  }

  /** Cuts the text out of the bytes; nothing may be added behind this. */
  protected cut(text: FieldText): void {
    const { bytes } = text;
    bytes[text.end] = 0x0d;
    bytes[text.end + 1] = 0x0a;
    this.head.text = bytes.toString('latin1', this.textStart, text.end + 2);
  }

  /** Adds a field that says in HTTP/1.1 how the body ends. */
  protected addFraming(text: FieldText, line: string, nameLength: number): void {
    const field = this.addField(text, nameLength, line.length - nameLength - 4, 0);
    if (field < 0) return;
    text.end = putText(text.bytes, text.end, line);
    this.head.addedField = field;
  }

  /** Notes the line at `text.end`, not yet kept; −1 = the head has no room. */
  protected addField(text: FieldText, nameLength: number, valueLength: number, flags: number): number {
    const { head } = this;
    const field = head.fieldCount;
    if (field === head.maxFields) {
      this.tooManyFields = true;
      return -1;
    }
    if (field === head.hopByHop.length) head.grow();
    const at = text.end - this.textStart;
    const slot = field * OFFSETS_PER_FIELD;
    const { offsets } = head;
    offsets[slot] = at;
    offsets[slot + 1] = at + nameLength;
    offsets[slot + 2] = at + nameLength + 2;
    offsets[slot + 3] = at + nameLength + 2 + valueLength;
    head.hopByHop[field] = flags;
    head.fieldCount = field + 1;
    return field;
  }

  protected valueText(text: FieldText, field: number): string {
    const slot = field * OFFSETS_PER_FIELD;
    const start = this.textStart + (this.head.offsets[slot + 2] as number);
    return text.bytes.toString('latin1', start, this.textStart + (this.head.offsets[slot + 3] as number));
  }

  #pseudoField(text: FieldText, nameLength: number, valueLength: number, kind: number): void {
    if (this.started) {
      this.refuse('a pseudo-header field behind other fields');
      return;
    }
    const start = text.end + nameLength + 2;
    text.end = start + valueLength + 2;
    this.onPseudoField(text, start, start + valueLength, kind);
  }

  #field(text: FieldText, nameLength: number, valueLength: number, kind: number, neverIndexed: boolean): void {
    const length = nameLength + valueLength + 4;
    if (!this.started) {
      const line = text.end;
      // Far enough behind: the start line and Host are at most twice as long as the pseudo-header fields that they are made of.
      const aside = line * 3 + 128;
      moveBytes(text.bytes, aside, line, length);
      this.start(text);
      moveBytes(text.bytes, text.end, aside, length);
    }
    if (kind === KIND_COOKIE && this.#addCrumb(text, nameLength, valueLength)) return;
    const flags = (kind === KIND_HOP ? FIELD_HOP : 0) | (neverIndexed ? FIELD_NEVER_INDEXED : 0);
    const field = this.addField(text, nameLength, valueLength, flags);
    if (field < 0) return;
    if (kind === KIND_COOKIE) this.#cookieField = field;
    else if (kind === KIND_TE) this.#checkTe(text, field);
    else if (kind === KIND_CONTENT_LENGTH) this.#noteContentLength(field);
    else if (kind > KIND_HOP && !this.onKnownField(text, field, kind)) {
      this.head.fieldCount = field;
      return;
    }
    text.end += length;
  }

  /** Crumbs of a cookie that follow each other become one field (RFC 9113 section 8.2.3); false = it is the first. */
  #addCrumb(text: FieldText, nameLength: number, valueLength: number): boolean {
    const { head } = this;
    if (this.#cookieField < 0) return false;
    if (this.#cookieField !== head.fieldCount - 1) {
      this.cookiesApart = true;
      return false;
    }
    const { bytes } = text;
    const value = text.end + nameLength + 2;
    bytes[text.end - 2] = 0x3b;
    bytes[text.end - 1] = 0x20;
    bytes.copyWithin(text.end, value, value + valueLength + 2);
    text.end += valueLength + 2;
    head.offsets[this.#cookieField * OFFSETS_PER_FIELD + 3] = text.end - 2 - this.textStart;
    return true;
  }

  /** Rare: crumbs with other fields between them. The fields are written anew, the joined cookie last. */
  #joinCookies(text: FieldText): void {
    const { head } = this;
    const fields = Array.from({ length: head.fieldCount }, (_, field) => field); // alloc-ok: rare
    const lines = fields.map((field) => this.#lineOf(text, field)); // alloc-ok: rare
    const flags = fields.map((field) => head.hopByHop[field] as number); // alloc-ok: rare
    const crumbs = lines.filter((line) => line.startsWith('cookie: ')); // alloc-ok: rare
    text.end = this.textStart + (head.offsets[0] as number);
    head.fieldCount = 0;
    for (let field = 0; field < lines.length; field += 1) {
      const line = lines[field] as string;
      if (!line.startsWith('cookie: ')) this.#rewrite(text, line, flags[field] as number);
    }
    this.#rewrite(text, `cookie: ${crumbs.map((line) => line.slice(8)).join('; ')}`, 0); // alloc-ok: rare
  }

  #rewrite(text: FieldText, line: string, flags: number): void {
    const nameLength = line.indexOf(':');
    const field = this.addField(text, nameLength, line.length - nameLength - 2, flags);
    if (line.startsWith('content-length: ')) this.contentLengthField = field;
    text.end += text.bytes.write(`${line}\r\n`, text.end, 'latin1');
  }

  #lineOf(text: FieldText, field: number): string {
    const slot = field * OFFSETS_PER_FIELD;
    const start = this.textStart + (this.head.offsets[slot] as number);
    return text.bytes.toString('latin1', start, this.textStart + (this.head.offsets[slot + 3] as number));
  }

  /** Source: RFC 9113 section 8.2.2. */
  #checkTe(text: FieldText, field: number): void {
    const slot = field * OFFSETS_PER_FIELD;
    const start = text.end + 4;
    const length = (this.head.offsets[slot + 3] as number) - (this.head.offsets[slot + 2] as number);
    if (isText(text.bytes, start, start + length, 'trailers')) return;
    if (length !== 8 || text.bytes.toString('latin1', start, start + 8).toLowerCase() !== 'trailers')
      this.refuse('a TE field that is not "trailers"');
  }

  #noteContentLength(field: number): void {
    if (this.contentLengthField >= 0) this.refuse('more than one Content-Length');
    this.contentLengthField = field;
  }

  #readContentLength(text: FieldText): void {
    const slot = this.contentLengthField * OFFSETS_PER_FIELD;
    const start = this.textStart + (this.head.offsets[slot + 2] as number);
    const end = this.textStart + (this.head.offsets[slot + 3] as number);
    let length = start === end ? -1 : 0;
    for (let at = start; at < end && length >= 0; at += 1) {
      const digit = (text.bytes[at] as number) - 48;
      length = digit < 0 || digit > 9 || length > 900_719_925_474_098 ? -1 : length * 10 + digit;
    }
    if (length < 0) this.refuse('a Content-Length that is not a number');
    this.head.bodyKind = BODY_LENGTH;
    this.head.contentLength = Math.max(0, length);
  }
}
