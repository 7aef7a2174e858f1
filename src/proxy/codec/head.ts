// @hot
// Message heads as located bytes: one text per head and the offsets of its fields, reused from message to message.

/** Offsets per field in `Head.offsets`: name start, name end, value start, value end. */
export const OFFSETS_PER_FIELD = 4;

/** Bits of `Head.hopByHop`. */
export const FIELD_HOP = 1;
/** HTTP/2 carries it without ever putting it in a table. Source: RFC 7541 section 6.2.3. */
export const FIELD_NEVER_INDEXED = 2;

/** Room for as many fields as most heads have, for those that are made with each connection. */
export const USUAL_FIELDS = 16;

// Node takes memory from the system for every typed array of the usual size, and a while for an empty one.
const NO_OFFSETS = new Int32Array(0);
const NO_HOPS = new Uint8Array(0);

/** How the end of a body is found. Source: RFC 9112 section 6.3. */
export const BODY_NONE = 0;
export const BODY_LENGTH = 1;
export const BODY_CHUNKED = 2;
export const BODY_UNTIL_CLOSE = 3;
export type BodyKind = typeof BODY_NONE | typeof BODY_LENGTH | typeof BODY_CHUNKED | typeof BODY_UNTIL_CLOSE;

/**
 * What requests and responses have in common. A parser fills it, whoever holds it reads it until the next message of the same connection
 * is parsed. Fields keep their spelling and order; nothing is copied out of `text` but what is asked for.
 */
export class Head {
  /** The whole head, one character a byte (latin1). */
  text = '';
  fieldCount = 0;
  /** `OFFSETS_PER_FIELD` numbers a field, into `text`. Values have no surrounding white space. */
  offsets: Int32Array;
  /** FIELD_HOP for each field that ends at this hop (RFC 9110 section 7.6.1) and is not forwarded, FIELD_NEVER_INDEXED, or both. */
  hopByHop: Uint8Array;
  /** More are not kept. */
  readonly maxFields: number;
  /** 2 for HTTP/2, whose heads have the text that they would have as HTTP/1.1. */
  versionMajor = 1;
  /** Minor version of HTTP/1: 0 or 1. */
  versionMinor = 1;
  /** Offset in `text` where the first field begins: behind the start line's CRLF. */
  fieldsStart = 0;
  bodyKind: BodyKind = BODY_NONE;
  /** For BODY_LENGTH: 0 … 2^53 − 1. */
  contentLength = 0;
  /** Field that HTTP/2 does without and that says in HTTP/1.1 how the body ends: Transfer-Encoding or a Content-Length of 0. −1 = none was added. */
  addedField = -1;
  /** > 0: the head stands for many that said the same and is never filled again. Which one of them, roughly: others may have the same number. */
  shared = 0;
  /** The sender keeps the connection open after this message (version and Connection options taken together). */
  keepAlive = true;
  /** The sender asks for another protocol (Connection: upgrade and an Upgrade field; or `protocol`). */
  upgrade = false;

  /** `room`: for so many fields at first; who fills it further calls `grow`. */
  constructor(maxFields: number, room = Math.min(maxFields, USUAL_FIELDS)) {
    this.maxFields = maxFields;
    this.offsets = room === 0 ? NO_OFFSETS : new Int32Array(room * OFFSETS_PER_FIELD); // alloc-ok: once a head
    this.hopByHop = room === 0 ? NO_HOPS : new Uint8Array(room); // alloc-ok: once a head
  }

  /** Makes room for more fields, within `maxFields`. */
  grow(): void {
    const room = Math.min(this.maxFields, Math.max(8, this.hopByHop.length * 2));
    const { offsets, hopByHop } = this;
    this.offsets = new Int32Array(room * OFFSETS_PER_FIELD); // alloc-ok: a few times a head
    this.offsets.set(offsets);
    this.hopByHop = new Uint8Array(room); // alloc-ok: as above
    this.hopByHop.set(hopByHop);
  }

  nameAt(field: number): string {
    const at = field * OFFSETS_PER_FIELD;
    return this.text.slice(this.offsets[at], this.offsets[at + 1]);
  }

  valueAt(field: number): string {
    const at = field * OFFSETS_PER_FIELD;
    return this.text.slice(this.offsets[at + 2], this.offsets[at + 3]);
  }

  /** Index of the first field of that name (lower case) from `from` on, or −1. */
  find(lowerName: string, from = 0): number {
    for (let field = from; field < this.fieldCount; field += 1) {
      const at = field * OFFSETS_PER_FIELD;
      const start = this.offsets[at] as number;
      if ((this.offsets[at + 1] as number) - start !== lowerName.length) continue;
      if (equalsIgnoringCase(this.text, start, lowerName)) return field;
    }
    return -1;
  }

  /** Value of the first field of that name (lower case), or null. */
  get(lowerName: string): string | null {
    const field = this.find(lowerName);
    return field < 0 ? null : this.valueAt(field);
  }
}

export class RequestHead extends Head {
  /** As sent; case matters (RFC 9110 section 9.1). */
  method = '';
  /** As sent: origin-form, absolute-form, authority-form (CONNECT) or `*`. */
  target = '';
  /** What is asked of the origin: target without scheme and authority; `*` stays, '' for CONNECT. Begins with `/` otherwise. */
  path = '';
  /** Who is asked: authority of an absolute or CONNECT target, else the Host field; '' only for HTTP/1.0 without Host. */
  authority = '';
  /** The target was in absolute-form, so Host is rewritten to `authority` (RFC 9112 section 3.2.2). */
  absoluteForm = false;
  isConnect = false;
  /** What extended CONNECT (RFC 8441) wants the stream to become, as it was sent; '' = this is none. Else it is a GET that upgrades. */
  protocol = '';
  /** Expect: 100-continue. */
  expectContinue = false;
  /** Field index of Host, −1 without one. */
  hostField = -1;
  /** Field index of x-request-id, −1 without one. */
  requestIdField = -1;
}

export class ResponseHead extends Head {
  /** 100–599. */
  status = 0;
}

/** How long the body is, by its head; −1 = that is found on the way. */
export function bodyBytesOf({ bodyKind, contentLength }: Head): number {
  if (bodyKind === BODY_LENGTH) return contentLength;
  return bodyKind === BODY_NONE ? 0 : -1;
}

/** `text` at `start` equals `lower`, ASCII letters compared without case. The caller has compared the lengths. */
export function equalsIgnoringCase(text: string, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i += 1) {
    const code = text.charCodeAt(start + i);
    const folded = code >= 65 && code <= 90 ? code + 32 : code;
    if (folded !== lower.charCodeAt(i)) return false;
  }
  return true;
}
