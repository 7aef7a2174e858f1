// @hot
// The few field names that the codec itself acts on, told apart by length and letters.

/** Any other field. While a head is parsed its `hopByHop` holds these kinds; afterwards 0 and 1. */
export const KIND_OTHER = 0;
/** Ends at this hop whatever it says. Equal to the 1 that `hopByHop` keeps. */
export const KIND_HOP = 1;
export const KIND_CONNECTION = 2;
export const KIND_UPGRADE = 3;
export const KIND_TE = 4;
export const KIND_CONTENT_LENGTH = 5;
export const KIND_TRANSFER_ENCODING = 6;
export const KIND_HOST = 7;
export const KIND_EXPECT = 8;
export const KIND_REQUEST_ID = 9;

/** Kind of the field name in bytes `start` … `end`, which must be a token. */
export function kindOfName(bytes: Buffer, start: number, end: number): number {
  switch (end - start) {
    case 2:
      return isName(bytes, start, 'te') ? KIND_TE : KIND_OTHER;
    case 4:
      return isName(bytes, start, 'host') ? KIND_HOST : KIND_OTHER;
    case 6:
      return isName(bytes, start, 'expect') ? KIND_EXPECT : KIND_OTHER;
    case 7:
      return isName(bytes, start, 'upgrade') ? KIND_UPGRADE : KIND_OTHER;
    case 10:
      if (isName(bytes, start, 'connection')) return KIND_CONNECTION;
      return isName(bytes, start, 'keep-alive') ? KIND_HOP : KIND_OTHER;
    case 12:
      return isName(bytes, start, 'x-request-id') ? KIND_REQUEST_ID : KIND_OTHER;
    case 14:
      return isName(bytes, start, 'content-length') ? KIND_CONTENT_LENGTH : KIND_OTHER;
    case 16:
      return isName(bytes, start, 'proxy-connection') ? KIND_HOP : KIND_OTHER;
    case 17:
      return isName(bytes, start, 'transfer-encoding') ? KIND_TRANSFER_ENCODING : KIND_OTHER;
    case 18:
      return isName(bytes, start, 'proxy-authenticate') ? KIND_HOP : KIND_OTHER;
    case 19:
      return isName(bytes, start, 'proxy-authorization') ? KIND_HOP : KIND_OTHER;
    default:
      return KIND_OTHER;
  }
}

/** Setting bit 0x20 folds the letters; of the other token characters it maps none onto a letter, a digit or `-`. */
function isName(bytes: Buffer, start: number, lower: string): boolean {
  for (let i = 0; i < lower.length; i += 1) {
    if (((bytes[start + i] as number) | 0x20) !== lower.charCodeAt(i)) return false;
  }
  return true;
}
