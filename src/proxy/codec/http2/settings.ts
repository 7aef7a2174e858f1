// What the two sides of a connection tell each other about it (RFC 9113 section 6.5.2).
import { FLOW_CONTROL_ERROR, NO_ERROR, PROTOCOL_ERROR } from './error-code.ts';
import {
  DEFAULT_MAX_FRAME_BYTES,
  DEFAULT_WINDOW_BYTES,
  LARGEST_MAX_FRAME_BYTES,
  LARGEST_WINDOW_BYTES,
} from './frame.ts';

export const HEADER_TABLE_SIZE = 0x1;
export const ENABLE_PUSH = 0x2;
export const MAX_CONCURRENT_STREAMS = 0x3;
export const INITIAL_WINDOW_SIZE = 0x4;
export const MAX_FRAME_SIZE = 0x5;
export const MAX_HEADER_LIST_SIZE = 0x6;
/** Source: RFC 8441 section 3. */
export const ENABLE_CONNECT_PROTOCOL = 0x8;

/** Bytes of one pair. */
const PAIR = 6;

/** What the peer allows us. */
export class PeerSettings {
  headerTableBytes = 4_096;
  /** Streams that we may have open. */
  maxStreams = LARGEST_WINDOW_BYTES;
  windowBytes = DEFAULT_WINDOW_BYTES;
  maxFrameBytes = DEFAULT_MAX_FRAME_BYTES;
  /** It takes extended CONNECT. Once it has said so it must not take it back (RFC 8441 section 3). */
  connectProtocol = false;

  /** Takes whole pairs in order; answers NO_ERROR, or the error that the connection ends with. Unknown ones are ignored. */
  apply(bytes: Buffer, start: number, end: number): number {
    for (let at = start; at + PAIR <= end; at += PAIR) {
      const error = this.#set(bytes.readUInt16BE(at), bytes.readUInt32BE(at + 2));
      if (error !== NO_ERROR) return error;
    }
    return NO_ERROR;
  }

  #set(identifier: number, value: number): number {
    switch (identifier) {
      case HEADER_TABLE_SIZE:
        this.headerTableBytes = value;
        return NO_ERROR;
      case ENABLE_PUSH:
        return value > 1 ? PROTOCOL_ERROR : NO_ERROR;
      case MAX_CONCURRENT_STREAMS:
        this.maxStreams = value;
        return NO_ERROR;
      case INITIAL_WINDOW_SIZE:
        this.windowBytes = value;
        return value > LARGEST_WINDOW_BYTES ? FLOW_CONTROL_ERROR : NO_ERROR;
      case MAX_FRAME_SIZE:
        this.maxFrameBytes = value;
        return value < DEFAULT_MAX_FRAME_BYTES || value > LARGEST_MAX_FRAME_BYTES ? PROTOCOL_ERROR : NO_ERROR;
      case ENABLE_CONNECT_PROTOCOL:
        if (value > 1 || (value === 0 && this.connectProtocol)) return PROTOCOL_ERROR;
        this.connectProtocol = value === 1;
        return NO_ERROR;
      default:
        return NO_ERROR;
    }
  }
}
