// @hot
// A chunked body (RFC 9112 section 7.1) back into its data, however the bytes are cut: nothing is copied but trailers.
import { CR, HEX_VALUE, LF, SEMICOLON } from './characters.ts';
import { EXTENSION_INVALID, EXTENSION_START, mayEndExtension, nextExtensionState } from './chunk-extension.ts';
import {
  ERR_BARE_CR,
  ERR_BARE_LF,
  ERR_CHUNK_DATA_END,
  ERR_CHUNK_EXTENSION,
  ERR_CHUNK_EXTENSIONS_TOO_LARGE,
  ERR_CHUNK_LINE_END,
  ERR_CHUNK_LINE_TOO_LONG,
  ERR_CHUNK_SIZE,
  ERR_CHUNK_SIZE_TOO_LARGE,
  ERR_TRAILERS_TOO_LARGE,
  PARSE_OK,
} from './parse-error.ts';
import { checkTrailers } from './trailers.ts';

export interface ChunkSink {
  /** Data of the body in `bytes` `start` … `end`, never empty. May not keep `bytes` longer than `decode`'s caller allows, nor call the decoder. */
  onChunkData(bytes: Buffer, start: number, end: number): void;
}

const MAX_SIZE_DIGITS = 16;
/** Bytes of one size line: digits, extensions. */
const MAX_LINE_BYTES = 4096;
/** Bytes of extensions per body: this, and one for every 16 bytes of data. */
const FREE_EXTENSION_BYTES = 16_384;
const DATA_PER_EXTENSION_BYTE = 16;
const DEFAULT_MAX_TRAILER_BYTES = 65_536;

// States: what the next byte is.
const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const DONE = 7;

/** One per body direction of a connection, `reset` before every chunked body. */
export class ChunkedDecoder {
  /** The last byte of the body, its closing CRLF, was taken. */
  done = false;
  /** Why `decode` answered −1: a number of parse-error.ts. */
  error = PARSE_OK;
  /** When done: the trailer section, whole lines `name: value\r\n` in latin1, checked; '' without one. */
  trailers = '';
  readonly #maxTrailerBytes: number;
  #state = SIZE;
  /** Of the size line so far: its value, digits and all its bytes. */
  #size = 0;
  #digits = 0;
  #lineBytes = 0;
  #extension = EXTENSION_START;
  /** Of the body so far. */
  #extensionBytes = 0;
  #dataBytes = 0;
  /** Of the chunk, still to come. */
  #remaining = 0;
  #trailerText = '';
  /** How much of CRLF CRLF the trailer section ends in so far; it begins behind the CRLF of the last chunk's line. */
  #trailerMatch = 2;

  constructor(maxTrailerBytes: number = DEFAULT_MAX_TRAILER_BYTES) {
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  reset(): void {
    this.done = false;
    this.error = PARSE_OK;
    this.trailers = '';
    this.#extensionBytes = 0;
    this.#dataBytes = 0;
    this.#trailerText = '';
    this.#trailerMatch = 2;
    this.#beginSize();
  }

  /**
   * Takes bytes `start` … `end`, handing every piece of data to `sink` at once. Returns the offset behind what it took: `end`, or less when the
   * body is done; −1 when the bytes are no chunked body (`error` tells why), after which only `reset` is allowed.
   */
  decode(bytes: Buffer, start: number, end: number, sink: ChunkSink): number {
    let at = start;
    while (at < end && this.#state !== DONE) {
      if (this.#state === DATA) at = this.#takeData(bytes, at, end, sink);
      else if (this.#state === TRAILER) at = this.#takeTrailer(bytes, at, end);
      else at = this.#takeLineByte(bytes[at] as number) ? at + 1 : -1;
      if (at < 0) return -1;
    }
    return at;
  }

  #takeData(bytes: Buffer, at: number, end: number, sink: ChunkSink): number {
    const dataEnd = end - at < this.#remaining ? end : at + this.#remaining;
    this.#remaining -= dataEnd - at;
    this.#dataBytes += dataEnd - at;
    if (this.#remaining === 0) this.#state = DATA_CR;
    sink.onChunkData(bytes, at, dataEnd);
    return dataEnd;
  }

  /** One byte of a size line or of the CRLF behind data. */
  #takeLineByte(byte: number): boolean {
    switch (this.#state) {
      case SIZE:
        return this.#takeSizeByte(byte);
      case EXTENSION:
        return this.#takeExtensionByte(byte);
      case SIZE_LF:
        if (byte !== LF) return this.#refuse(ERR_CHUNK_LINE_END);
        this.#remaining = this.#size;
        this.#state = this.#size === 0 ? TRAILER : DATA;
        return true;
      case DATA_CR:
        if (byte !== CR) return this.#refuse(ERR_CHUNK_DATA_END);
        this.#state = DATA_LF;
        return true;
      default:
        if (byte !== LF) return this.#refuse(ERR_CHUNK_DATA_END);
        this.#beginSize();
        return true;
    }
  }

  #beginSize(): void {
    this.#state = SIZE;
    this.#size = 0;
    this.#digits = 0;
    this.#lineBytes = 0;
  }

  #takeSizeByte(byte: number): boolean {
    const digit = HEX_VALUE[byte] as number;
    if (digit !== 255) {
      this.#digits += 1;
      this.#size = this.#size * 16 + digit;
      if (this.#digits > MAX_SIZE_DIGITS) return this.#refuse(ERR_CHUNK_SIZE);
      return this.#size <= Number.MAX_SAFE_INTEGER || this.#refuse(ERR_CHUNK_SIZE_TOO_LARGE);
    }
    if (this.#digits === 0) return this.#refuse(ERR_CHUNK_SIZE);
    if (byte === CR) {
      this.#state = SIZE_LF;
      return true;
    }
    if (byte !== SEMICOLON) return this.#refuse(byte === LF ? ERR_CHUNK_LINE_END : ERR_CHUNK_SIZE);
    this.#lineBytes = this.#digits + 1;
    this.#state = EXTENSION;
    this.#extension = EXTENSION_START;
    return this.#countExtensionByte();
  }

  #takeExtensionByte(byte: number): boolean {
    if (byte === CR && mayEndExtension(this.#extension)) {
      this.#state = SIZE_LF;
      return true;
    }
    this.#extension = nextExtensionState(this.#extension, byte);
    if (this.#extension === EXTENSION_INVALID) {
      return this.#refuse(byte === LF ? ERR_CHUNK_LINE_END : ERR_CHUNK_EXTENSION);
    }
    this.#lineBytes += 1;
    if (this.#lineBytes > MAX_LINE_BYTES) return this.#refuse(ERR_CHUNK_LINE_TOO_LONG);
    return this.#countExtensionByte();
  }

  #countExtensionByte(): boolean {
    this.#extensionBytes += 1;
    const allowed = FREE_EXTENSION_BYTES + this.#dataBytes / DATA_PER_EXTENSION_BYTE;
    return this.#extensionBytes <= allowed || this.#refuse(ERR_CHUNK_EXTENSIONS_TOO_LARGE);
  }

  /** Collects the section until its empty line, then checks it as a whole. */
  #takeTrailer(bytes: Buffer, start: number, end: number): number {
    const limit = Math.min(end, start + this.#maxTrailerBytes + 2 - this.#trailerText.length);
    let at = start;
    while (at < limit && this.#trailerMatch < 4) {
      if (!this.#matchTrailerByte(bytes[at] as number)) return -1;
      at += 1;
    }
    this.#trailerText += bytes.toString('latin1', start, at);
    if (this.#trailerMatch === 4) return this.#finish() ? at : -1;
    if (at === end) return at;
    this.error = ERR_TRAILERS_TOO_LARGE;
    return -1;
  }

  #matchTrailerByte(byte: number): boolean {
    const behindCr = (this.#trailerMatch & 1) === 1;
    if (behindCr !== (byte === LF)) return this.#refuse(behindCr ? ERR_BARE_CR : ERR_BARE_LF);
    this.#trailerMatch = byte === CR || byte === LF ? this.#trailerMatch + 1 : 0;
    return true;
  }

  #finish(): boolean {
    const section = this.#trailerText.slice(0, -2);
    const error = checkTrailers(section);
    if (error !== PARSE_OK) return this.#refuse(error);
    this.trailers = section;
    this.done = true;
    this.#state = DONE;
    return true;
  }

  #refuse(error: number): false {
    this.error = error;
    return false;
  }
}
