// @hot
// Header blocks of requests → RequestHead (RFC 9113 section 8.3.1), the same as an HTTP/1.1 request that says this would give.
import { BODY_CHUNKED, BODY_LENGTH, BODY_NONE, FIELD_HOP, RequestHead } from '../head.ts';
import { isAuthority } from '../http1/authority.ts';
import { CHARACTERS, CR, LF, SLASH, SP, TARGET, TOKEN } from '../http1/characters.ts';
import { KIND_EXPECT, KIND_HOST, KIND_REQUEST_ID } from '../http1/field-kind.ts';
import { methodFrom } from '../http1/request-method.ts';
import { KIND_AUTHORITY, KIND_METHOD, KIND_PATH, KIND_PROTOCOL, KIND_SCHEME } from './field-kind.ts';
import { HeadBuilder } from './head-builder.ts';
import { KnownTexts, putText } from './head-bytes.ts';
import type { FieldText } from './hpack/hpack-decoder.ts';

const VERSION = ' HTTP/1.1\r\n';
const HOST = 'host: ';
const CHUNKED = 'transfer-encoding: chunked\r\n';
/** What a scheme may have behind its first letter, besides letters. */
const SCHEME_MARKS = '0123456789+-.';
const NO_BODY = 'content-length: 0\r\n';
/** Requests that say it where they have no body, since servers expect one. Source: RFC 9110 section 8.6. */
const EXPECT_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

export class RequestHeadBuilder extends HeadBuilder<RequestHead> {
  readonly #values = new KnownTexts();
  #scheme = false;
  #hostValue = '';

  constructor() {
    super(new RequestHead(0));
  }

  begin(head: RequestHead, text: FieldText): void {
    this.reset(head, text);
    this.#scheme = false;
    this.#hostValue = '';
    head.method = '';
    head.target = '';
    head.path = '';
    head.authority = '';
    head.absoluteForm = false;
    head.isConnect = false;
    head.protocol = '';
    head.expectContinue = false;
    head.hostField = -1;
    head.requestIdField = -1;
  }

  /** The block has been read whole. `problem` tells whether it was a request. */
  end(text: FieldText, endStream: boolean): void {
    const { head } = this;
    this.complete(text);
    this.#checkHost();
    if (this.problem !== '') return;
    if (head.protocol !== '') this.#frameNothing();
    else if (endStream) this.#frameNoBody(text);
    else if (head.bodyKind === BODY_NONE && !head.isConnect) {
      this.addFraming(text, CHUNKED, 17);
      head.bodyKind = BODY_CHUNKED;
    }
    this.cut(text);
    if (!this.cookiesApart) return;
    head.hostField = head.find('host');
    head.requestIdField = head.find('x-request-id');
  }

  protected override onPseudoField(text: FieldText, start: number, end: number, kind: number): void {
    const { head } = this;
    const value = this.#values.take(text.bytes, start, end);
    const twice = this.#has(kind);
    if (twice) this.refuse('a pseudo-header field that is there twice');
    if (kind === KIND_METHOD) {
      head.method = methodFrom(value, value.length);
      head.isConnect = value === 'CONNECT';
      if (!allAre(value, TOKEN)) this.refuse('a :method that is not a token');
    } else if (kind === KIND_SCHEME) {
      this.#scheme = true;
      if (!isScheme(value)) this.refuse('a :scheme that is none');
    } else if (kind === KIND_AUTHORITY) {
      head.authority = value;
      if (!isAuthority(value, 0, value.length, false)) this.refuse('an :authority that is not host or host:port');
    } else if (kind === KIND_PATH) {
      head.path = value;
      if (!isPath(value)) this.refuse('a :path that does not begin with "/" or has characters that it must not have');
    } else if (kind === KIND_PROTOCOL) {
      head.protocol = value;
      if (value === '' || !allAre(value.replace('/', ''), TOKEN)) this.refuse('a :protocol that is not a name');
    } else this.refuse('a pseudo-header field that requests do not have here');
  }

  protected override writeStart(text: FieldText): number {
    const { head } = this;
    this.#checkPseudoFields();
    // As Envoy has it: routes and endpoints see the request that it would be in HTTP/1.1.
    if (head.protocol !== '') {
      head.method = 'GET';
      head.isConnect = false;
      head.upgrade = true;
    }
    head.target = head.isConnect ? head.authority : head.path;
    const { bytes } = text;
    let at = putText(bytes, text.end, head.method);
    bytes[at] = SP;
    at = putText(bytes, at + 1, head.target);
    at = putText(bytes, at, VERSION);
    head.fieldsStart = at - this.textStart;
    if (head.authority === '') return at;
    text.end = at;
    head.hostField = this.addField(text, 4, head.authority.length, 0);
    at = putText(bytes, at, HOST);
    at = putText(bytes, at, head.authority);
    bytes[at] = CR;
    bytes[at + 1] = LF;
    return at + 2;
  }

  protected override onKnownField(text: FieldText, field: number, kind: number): boolean {
    const { head } = this;
    if (kind === KIND_REQUEST_ID) {
      if (head.requestIdField < 0) head.requestIdField = field;
    } else if (kind === KIND_EXPECT) {
      if (this.valueText(text, field).toLowerCase() !== '100-continue')
        this.refuse('an expectation other than 100-continue');
      head.expectContinue = true;
    } else if (kind === KIND_HOST) return this.#onHost(this.valueText(text, field), field);
    return true;
  }

  /** Beside :authority it must say the same, and says nothing more. Without, it takes its place. */
  #onHost(value: string, field: number): boolean {
    const { head } = this;
    if (this.#hostValue !== '') this.refuse('more than one Host field');
    this.#hostValue = value;
    if (head.hostField >= 0) {
      if (value !== head.authority) this.refuse('a Host field that differs from :authority');
      return false;
    }
    head.hostField = field;
    head.authority = value;
    return true;
  }

  #has(kind: number): boolean {
    const { head } = this;
    if (kind === KIND_METHOD) return head.method !== '';
    if (kind === KIND_SCHEME) return this.#scheme;
    if (kind === KIND_PROTOCOL) return head.protocol !== '';
    return kind === KIND_AUTHORITY ? head.authority !== '' : head.path !== '';
  }

  #checkPseudoFields(): void {
    const { head } = this;
    if (head.method === '') this.refuse('no :method');
    else if (head.protocol !== '' && !head.isConnect) this.refuse(':protocol without CONNECT');
    else if (head.isConnect && head.protocol === '') {
      if (this.#scheme || head.path !== '') this.refuse('CONNECT with :scheme or :path');
    } else if (!this.#scheme) this.refuse('no :scheme');
    else if (head.path === '') this.refuse('no :path');
    else if (head.path === '*' && head.method !== 'OPTIONS') this.refuse('the :path * is for OPTIONS only');
  }

  #checkHost(): void {
    const { authority, isConnect, protocol } = this.head;
    if (protocol !== '' && authority === '') this.refuse('extended CONNECT without :authority');
    if (!isAuthority(authority, 0, authority.length, isConnect))
      this.refuse('no :authority, or one that is not host or host:port');
  }

  /** Extended CONNECT: what follows is no body, whatever a Content-Length says. */
  #frameNothing(): void {
    const { head } = this;
    if (head.bodyKind !== BODY_LENGTH) return;
    if (head.contentLength > 0) this.refuse('a Content-Length with CONNECT');
    head.bodyKind = BODY_NONE;
    head.hopByHop[this.contentLengthField] = FIELD_HOP;
  }

  #frameNoBody(text: FieldText): void {
    const { head } = this;
    if (head.bodyKind === BODY_LENGTH) {
      if (head.contentLength > 0) this.refuse('a Content-Length without a body');
    } else if (EXPECT_BODY.has(head.method)) {
      this.addFraming(text, NO_BODY, 14);
      head.bodyKind = BODY_LENGTH;
    }
  }
}

function allAre(value: string, bit: number): boolean {
  for (let at = 0; at < value.length; at += 1)
    if (((CHARACTERS[value.charCodeAt(at)] as number) & bit) === 0) return false;
  return value !== '';
}

/** Source: RFC 3986 section 3.1. */
function isScheme(value: string): boolean {
  if (value === 'http' || value === 'https') return true;
  for (let at = 0; at < value.length; at += 1) {
    const code = value.charCodeAt(at) | 0x20;
    const letter = code >= 0x61 && code <= 0x7a && value.charCodeAt(at) >= 0x41;
    if (!letter && (at === 0 || !SCHEME_MARKS.includes(value.charAt(at)))) return false;
  }
  return value !== '';
}

function isPath(value: string): boolean {
  return (value.charCodeAt(0) === SLASH || value === '*') && allAre(value, TARGET);
}
