// The numbered reasons for which bytes are not HTTP/1.1, each with its row in ERRORS and a phrase for a person.
import type { ErrorCode } from '../../../model/errors.ts';

export const PARSE_OK = 0;

// The head's bytes.
export const ERR_INCOMPLETE_HEAD = 1;
export const ERR_HEAD_TOO_LARGE = 2;
export const ERR_TOO_MANY_FIELDS = 3;
export const ERR_EMPTY_LINE = 4;
export const ERR_BARE_LF = 5;
export const ERR_BARE_CR = 6;
export const ERR_NUL = 7;
export const ERR_CONTROL_CHARACTER = 8;

// The start line.
export const ERR_REQUEST_LINE = 9;
export const ERR_METHOD = 10;
export const ERR_TARGET_CHARACTER = 11;
export const ERR_TARGET_FRAGMENT = 12;
export const ERR_TARGET_FORM = 13;
export const ERR_TARGET_HTTPS = 14;
export const ERR_TARGET_AUTHORITY = 15;
export const ERR_CONNECT_TARGET = 16;
export const ERR_ASTERISK_TARGET = 17;
export const ERR_VERSION = 18;
export const ERR_STATUS_LINE = 19;
export const ERR_STATUS = 20;
export const ERR_REASON = 21;

// Fields.
export const ERR_FIELD_NAME = 22;
export const ERR_FIELD_WITHOUT_COLON = 23;
export const ERR_SPACE_BEFORE_COLON = 24;
export const ERR_OBS_FOLD = 25;
export const ERR_FIELD_VALUE = 26;
export const ERR_HOST_MISSING = 27;
export const ERR_HOST_REPEATED = 28;
export const ERR_HOST = 29;
export const ERR_EXPECT = 30;
export const ERR_CONNECTION_OPTION = 31;
export const ERR_CONNECTION_NAMES_FIELD = 32;
export const ERR_CONNECTION_TOO_LONG = 33;

// Framing.
export const ERR_CONTENT_LENGTH = 34;
export const ERR_CONTENT_LENGTH_REPEATED = 35;
export const ERR_TRANSFER_ENCODING = 36;
export const ERR_TRANSFER_ENCODING_REPEATED = 37;
export const ERR_TRANSFER_ENCODING_IN_1_0 = 38;
export const ERR_LENGTH_AND_ENCODING = 39;
export const ERR_CONNECT_BODY = 40;

// A chunked body.
export const ERR_CHUNK_SIZE = 41;
export const ERR_CHUNK_SIZE_TOO_LARGE = 42;
export const ERR_CHUNK_LINE_END = 43;
export const ERR_CHUNK_DATA_END = 44;
export const ERR_CHUNK_EXTENSION = 45;
export const ERR_CHUNK_LINE_TOO_LONG = 46;
export const ERR_CHUNK_EXTENSIONS_TOO_LARGE = 47;
export const ERR_TRAILER_FORBIDDEN = 48;
export const ERR_TRAILERS_TOO_LARGE = 49;

// A response.
export const ERR_INTERIM_CLOSE = 50;

export interface ParseErrorRow {
  /** Row of ERRORS when a caller sent it. What an upstream sent is upstream_protocol_error with the same detail. */
  readonly code: ErrorCode;
  /** One phrase, without a full stop. */
  readonly detail: string;
}

function malformed(detail: string): ParseErrorRow {
  return { code: 'malformed_request', detail };
}

function tooLarge(detail: string): ParseErrorRow {
  return { code: 'request_head_too_large', detail };
}

/** Indexed by the constants above. */
export const PARSE_ERRORS: readonly ParseErrorRow[] = [
  malformed('no error'),
  malformed('the head does not end in an empty line'),
  tooLarge('the head is longer than the limit; send fewer or smaller fields (often cookies)'),
  tooLarge('the head has more fields than the limit; send fewer'),
  malformed('an empty line where the head should begin or go on'),
  malformed('bare LF; lines end in CRLF'),
  malformed('bare CR; lines end in CRLF'),
  malformed('NUL in the head'),
  malformed('control character in the head; is this another protocol, such as TLS?'),

  malformed('the request line is not "method target HTTP/1.1" with single spaces'),
  malformed('the method is not a token'),
  malformed('the request target has a character that is not visible ASCII; percent-encode it'),
  malformed('the request target has a fragment (#), which clients keep to themselves'),
  malformed('the request target is neither /path nor http://host/path'),
  malformed('https:// in the request target; send http:// or open a tunnel with CONNECT host:port'),
  malformed('the authority of the request target is not host or host:port'),
  malformed('the target of CONNECT is not host:port with a port of 1 to 65535'),
  malformed('the target * is for OPTIONS only'),
  malformed('the version is not HTTP/1.0 or HTTP/1.1'),
  malformed('the status line is not "HTTP/1.1 status reason"'),
  malformed('the status is not a number of 100 to 599'),
  malformed('control character in the reason phrase'),

  malformed('a field name is empty or has a character that is not allowed in a token'),
  malformed('a field line has no colon'),
  malformed('white space before the colon of a field'),
  malformed('a field line begins with white space (obsolete line folding)'),
  malformed('control character in a field value'),
  malformed('no Host field, which HTTP/1.1 demands'),
  malformed('more than one Host field'),
  malformed('the Host field is not host or host:port'),
  malformed('an expectation other than 100-continue'),
  malformed('the Connection field is not a list of tokens'),
  malformed(
    'the Connection field names a field that frames or routes the message (host, content-length, transfer-encoding, connection, expect), which must not be dropped',
  ),
  malformed('more than 32 options in the Connection field'),

  malformed('the Content-Length is not one number of at most 9007199254740991'),
  malformed('more than one Content-Length'),
  malformed('the Transfer-Encoding is not exactly chunked'),
  malformed('more than one Transfer-Encoding'),
  malformed('Transfer-Encoding in an HTTP/1.0 message'),
  malformed('both Content-Length and Transfer-Encoding'),
  malformed('CONNECT with a body'),

  malformed('a chunk size is not 1 to 16 hexadecimal digits'),
  malformed('a chunk size is larger than 9007199254740991'),
  malformed('a line of the chunked body does not end in CRLF'),
  malformed('the data of a chunk is not followed by CRLF'),
  malformed('a chunk extension is not ;name or ;name=value'),
  malformed('a chunk size line is longer than 4096 bytes'),
  malformed('the chunk extensions are larger than the limit'),
  malformed('a trailer field that is only allowed in a head (framing, routing, authentication)'),
  tooLarge('the trailer section is longer than the limit'),

  malformed('an interim response (1xx) that closes the connection, so that no final one can follow'),
];
