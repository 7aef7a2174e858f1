// The bytes that a plan stands for, on both sides: every stretch of a body tells whose it is and where it belongs.
import { type Random, randomBelow } from '../../../src/base/random.ts';
import type { RequestPlan } from './plan.ts';

/** Of an answer's fields. */
export const ID_FIELD = 'x-fuzz-id';
const PLAN_FIELD = 'x-fuzz-plan';
/** Asks for a tunnel to the Service. */
export const TUNNEL = 'CONNECT web:80 HTTP/1.1\r\nHost: web:80\r\n\r\n';
/** No HTTP/1.1 head and no chunk size may hold a NUL. */
export const GARBAGE = '\0\0garbage\0';

/** `kind` tells the request's body from the answer's. */
export function bodyOf(kind: 'up' | 'down', id: string, bytes: number): Buffer {
  let text = '';
  for (let unit = 0; text.length < bytes; unit += 1) text += `${kind}:${id}:${unit};`;
  return Buffer.from(text.slice(0, bytes), 'latin1');
}

/** What every request says of itself. */
export function planFields(plan: RequestPlan): Readonly<Record<string, string>> {
  return { 'x-request-id': plan.id, [PLAN_FIELD]: JSON.stringify(plan) };
}

export function requestBytes(plan: RequestPlan, random: Random): Buffer {
  const { id, method, versionMinor, body } = plan;
  let head = `${method} /${id} HTTP/1.${versionMinor}\r\nHost: web\r\n`;
  for (const [name, value] of Object.entries(planFields(plan))) head += `${name}: ${value}\r\n`;
  if (versionMinor === 0) head += 'Connection: keep-alive\r\n';
  return Buffer.concat([
    Buffer.from(head + framingField(body.framing, body.bytes), 'latin1'),
    framed(body.framing, bodyOf('up', id, body.bytes), random),
  ]);
}

/** What the request tells of itself; null = it is not one of ours. */
export function planIn(get: (field: string) => string | undefined): RequestPlan | null {
  const text = get(PLAN_FIELD);
  return text === undefined ? null : (JSON.parse(text) as RequestPlan);
}

export function answerHead(plan: RequestPlan): string {
  const { id, answer, afterwards } = plan;
  let head = answer.interim ? 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' : '';
  head += `HTTP/1.1 ${answer.status} Reason\r\n${ID_FIELD}: ${id}\r\n`;
  if (afterwards === 'say' || answer.framing === 'close') head += 'Connection: close\r\n';
  return head + framingField(answer.framing, answer.bytes);
}

export function answerBody(plan: RequestPlan, random: Random): Buffer {
  if (plan.method === 'HEAD') return Buffer.alloc(0);
  return framed(plan.answer.framing, bodyOf('down', plan.id, plan.answer.bytes), random);
}

/** A whole answer to nobody. */
export function foreignAnswer(): string {
  return `HTTP/1.1 200 OK\r\n${ID_FIELD}: nobody\r\nContent-Length: 6\r\n\r\nnobody`;
}

/** Cuts `bytes` at up to three places. */
export function pieces(bytes: Buffer, random: Random): Buffer[] {
  const cuts = Array.from({ length: randomBelow(random, 4) }, () => randomBelow(random, bytes.length + 1));
  const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
  return places
    .slice(1)
    .map((to, index) => bytes.subarray(places[index], to))
    .filter((piece) => piece.length > 0);
}

/** Ends the head. */
function framingField(framing: RequestPlan['body']['framing'] | 'close', bytes: number): string {
  if (framing === 'length') return `Content-Length: ${bytes}\r\n\r\n`;
  return framing === 'chunked' ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n';
}

function framed(framing: RequestPlan['body']['framing'] | 'close', body: Buffer, random: Random): Buffer {
  if (framing !== 'chunked') return body;
  const chunks = pieces(body, random).flatMap((piece) => [
    Buffer.from(`${piece.length.toString(16)}\r\n`),
    piece,
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}
