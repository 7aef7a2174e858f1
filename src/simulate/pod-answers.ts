// @hot
// The answers of pods, as a codec would read them: a head for each outcome, without a body, and what stands behind those of gRPC.
import { ResponseHead } from '../proxy/codec/head.ts';
import { parseResponseHead } from '../proxy/codec/http1/parse-response-head.ts';
import { codeAtOnce, codeBehind } from './outcomes.ts';

const GOOD = 'grpc-status: 0\r\n';
const MAX_FIELDS = 4;
/** Outcomes of answers are below. */
const OUTCOMES = 10_000;

export class PodAnswers {
  /** By outcome, those to calls of gRPC behind all others. */
  readonly #heads = new Map<number, ResponseHead>();
  readonly #trailers = new Map<number, string>();

  headOf(outcome: number, isGrpc: boolean): ResponseHead {
    const known = this.#heads.get(isGrpc ? OUTCOMES + outcome : outcome);
    return known ?? this.#createHead(outcome, isGrpc);
  }

  /** `''` = none. */
  trailersOf(outcome: number, isGrpc: boolean): string {
    if (!isGrpc) return '';
    if (outcome === 200) return GOOD;
    return codeBehind(outcome) < 0 ? '' : (this.#trailers.get(outcome) ?? this.#createTrailers(outcome));
  }

  #createTrailers(outcome: number): string {
    const trailers = `grpc-status: ${codeBehind(outcome)}\r\n`;
    this.#trailers.set(outcome, trailers);
    return trailers;
  }

  #createHead(outcome: number, isGrpc: boolean): ResponseHead {
    const bytes = Buffer.from(isGrpc ? grpcText(outcome) : httpText(outcome), 'latin1');
    const head = new ResponseHead(MAX_FIELDS); // alloc-ok: once an outcome
    const problem = parseResponseHead(bytes, 0, bytes.length, head, 'GET');
    if (problem !== 0) throw new Error(`no answer has the outcome ${outcome}`); // alloc-ok: says that the simulator itself is wrong
    if (isGrpc) {
      head.versionMajor = 2;
      head.addedField = 0;
    }
    this.#heads.set(isGrpc ? OUTCOMES + outcome : outcome, head);
    return head;
  }
}

function httpText(status: number): string {
  return `HTTP/1.1 ${status} simulated\r\ncontent-length: 0\r\n\r\n`;
}

/** The first field is the one that HTTP/2 does without. */
function grpcText(outcome: number): string {
  const code = codeAtOnce(outcome);
  if (code >= 0)
    return `HTTP/1.1 200 OK\r\ncontent-length: 0\r\ncontent-type: application/grpc\r\ngrpc-status: ${code}\r\n\r\n`;
  if (outcome !== 200 && codeBehind(outcome) < 0) return httpText(outcome);
  return 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-type: application/grpc\r\n\r\n';
}
