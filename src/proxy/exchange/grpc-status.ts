// @hot
// What a gRPC call has come to, as a status of HTTP: in its answer's head, where that is all of it, or in the trailers.
import type { RequestHead, ResponseHead } from '../codec/head.ts';
import { isGrpc } from '../route/call-duration.ts';

const FIELD = 'grpc-status';
const BEGINNING = `${FIELD}:`;
/** It has not been told yet, or there is none. */
export const NO_GRPC_STATUS = -1;
const OK = 200;
const INTERNAL_SERVER_ERROR = 500;

/** By code from 0. Source: Envoy, Grpc::Utility::grpcToHttpStatus; google.rpc.Code. */
const HTTP_STATUS = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401] as const;
const UNKNOWN_CODE = HTTP_STATUS.length;

/** Only HTTP/2 has gRPC. */
export function isGrpcCall(head: RequestHead): boolean {
  return head.versionMajor === 2 && isGrpc(head);
}

/** 500 for codes that nobody knows. */
export function grpcToHttpStatus(code: number): number {
  return HTTP_STATUS[code] ?? INTERNAL_SERVER_ERROR;
}

/** Of an answer that is a head alone ("Trailers-Only"), or NO_GRPC_STATUS. */
export function grpcStatusOf(head: ResponseHead): number {
  const field = head.find(FIELD);
  return field < 0 ? NO_GRPC_STATUS : parseCode(head.valueAt(field));
}

/** The status that an answer comes to, as far as its head tells: of a call of gRPC that has failed already, that of its failure. */
export function answerStatusOf(head: ResponseHead): number {
  const code = head.status === OK ? grpcStatusOf(head) : NO_GRPC_STATUS;
  return code === NO_GRPC_STATUS ? head.status : grpcToHttpStatus(code);
}

/** `trailers`: lines of fields. */
export function grpcStatusIn(trailers: string): number {
  const code = findIn(trailers);
  // As HTTP/1.1 may spell it.
  return code === NO_GRPC_STATUS && trailers !== '' ? findIn(trailers.toLowerCase()) : code;
}

function findIn(trailers: string): number {
  let at = trailers.indexOf(BEGINNING);
  while (at > 0 && trailers.charCodeAt(at - 1) !== 10) at = trailers.indexOf(BEGINNING, at + 1);
  if (at < 0) return NO_GRPC_STATUS;
  const start = at + BEGINNING.length;
  const end = trailers.indexOf('\r\n', start);
  return parseCode(trailers.slice(start, end < 0 ? trailers.length : end).trim());
}

/** What is no number is a code that nobody knows. */
function parseCode(text: string): number {
  if (text.length === 0 || text.length > 2) return UNKNOWN_CODE;
  let code = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return UNKNOWN_CODE;
    code = code * 10 + digit;
  }
  return code;
}
