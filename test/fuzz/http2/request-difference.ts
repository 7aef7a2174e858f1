// A request as whoever hears it understands it, in whichever protocol, and where two of them differ.
import type { Message } from '../http1/read-messages.ts';
import type { Http2Request } from './node-oracle.ts';

export interface HeardRequest {
  readonly protocol: 'http1' | 'http2';
  /** `GET /path`. */
  readonly start: string;
  readonly authority: string;
  /** `name: value`, in the order in which they came; those of the hop are left out. */
  readonly fields: readonly string[];
  /** Crumbs are one cookie (RFC 9113 section 8.2.3). */
  readonly cookie: string;
  readonly body: string;
  readonly trailers: readonly string[];
  readonly complete: boolean;
  /** What Content-Length says; −1 = there is none. */
  readonly length: number;
}

/** How the body is framed is each hop's own affair: bodies are compared. `te` ends at each hop. */
const HOP_FIELDS: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'te',
  'cookie',
]);

export function requestOfHttp1(message: Message): HeardRequest {
  const pairs = pairsOf(message.fields);
  return {
    ...message,
    protocol: 'http1',
    ...common(pairs),
    authority: firstOf(pairs, 'host'),
    trailers: trailersOf(message.trailers),
  };
}

export function requestOfHttp2(request: Http2Request): HeardRequest {
  const pairs = pairsOf(request.fields);
  const { body, complete } = request;
  return {
    ...{ protocol: 'http2' as const, body, complete },
    ...common(pairs),
    start: `${firstOf(pairs, ':method')} ${firstOf(pairs, ':path')}`,
    authority: firstOf(pairs, ':authority') || firstOf(pairs, 'host'),
    trailers: trailersOf(request.trailers),
  };
}

export const NO_END = 'Node does not find the end of the body';

/** Why `forwarded` is not `sent`; '' when it is, or as much of it as has come. */
export function differenceOf(sent: HeardRequest, forwarded: HeardRequest): string {
  if (sent.start !== forwarded.start) return `start: ${sent.start} | ${forwarded.start}`;
  if (sent.authority !== forwarded.authority) return `authority: ${sent.authority} | ${forwarded.authority}`;
  if (sent.cookie !== forwarded.cookie) return `cookie: ${sent.cookie} | ${forwarded.cookie}`;
  if (sent.fields.join('\n') !== forwarded.fields.join('\n')) return `fields: ${sent.fields} | ${forwarded.fields}`;
  return differenceOfBody(sent, forwarded);
}

function differenceOfBody(sent: HeardRequest, forwarded: HeardRequest): string {
  const [mostSent, mostForwarded] = [sent.body, forwarded.body];
  const begins = mostSent.startsWith(mostForwarded) || (!sent.complete && mostForwarded.startsWith(mostSent));
  if (!begins) return `body: ${mostSent} | ${mostForwarded}`;
  if (!forwarded.complete) return '';
  // HTTP/1.1 has the whole body with its last byte, HTTP/2 with the flag behind it.
  if (!sent.complete) return sent.length === mostForwarded.length ? '' : NO_END;
  if (mostSent !== mostForwarded) return `body: ${mostSent} | ${mostForwarded}`;
  // A body with a length leaves no room for trailers in HTTP/1.1.
  if (sent.length >= 0 && forwarded.protocol === 'http1') return '';
  const [before, behind] = [sent.trailers.join('\n'), forwarded.trailers.join('\n')];
  return before === behind ? '' : `trailers: ${before} | ${behind}`;
}

type Pair = readonly [name: string, value: string];

function common(pairs: readonly Pair[]): Pick<HeardRequest, 'fields' | 'cookie' | 'length'> {
  const passing = pairs.filter(
    ([name, value]) => !HOP_FIELDS.has(name) && !name.startsWith(':') && !isOurs(name, value),
  );
  const crumbs = pairs.filter(([name]) => name === 'cookie').map(([, value]) => value);
  return {
    fields: passing.map(lineOf),
    cookie: crumbs.join('; ').trim(),
    length: Number(firstOf(pairs, 'content-length') || -1),
  };
}

/** Framing has no place there, and is left out (RFC 9110 section 6.5.1). */
function trailersOf(flat: readonly string[]): string[] {
  return pairsOf(flat)
    .filter(([name]) => !HOP_FIELDS.has(name) || name === 'cookie')
    .map(lineOf);
}

/** The request id that the sidecar makes. */
function isOurs(name: string, value: string): boolean {
  return name === 'x-request-id' && value === 'made';
}

function pairsOf(flat: readonly string[]): Pair[] {
  return Array.from({ length: flat.length / 2 }, (_, at) => [
    (flat[2 * at] ?? '').toLowerCase(),
    flat[2 * at + 1] ?? '',
  ]);
}

function firstOf(pairs: readonly Pair[], name: string): string {
  return pairs.find(([found]) => found === name)?.[1] ?? '';
}

function lineOf([name, value]: Pair): string {
  return `${name}: ${value}`;
}
