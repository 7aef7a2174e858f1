// The head of a copy, of the text that the endpoint of its request gets.

export interface CopiedHead {
  readonly method: string;
  readonly path: string;
  /** Name, value, name, value …, without what belongs to one connection. */
  readonly fields: readonly string[];
  /** −1 = the body says by itself where it ends, or there is none. */
  readonly contentLength: number;
}

/** Whoever sends the copy says these itself, or cannot: an interim answer would have nobody to go to. */
const LEFT_OUT: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const SHADOW = '-shadow';

/** `text`: as HTTP/1.1 has it. `hostOf`: what the Host of the copy is, of that of the request. */
export function copyHead(text: string, hostOf: (host: string) => string): CopiedHead {
  const [start = '', ...lines] = text.split('\r\n');
  const [method = '', path = ''] = start.split(' ');
  const fields: string[] = [];
  let contentLength = -1;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    const lower = name.toLowerCase();
    if (lower === 'host') fields.push('host', hostOf(value));
    if (LEFT_OUT.has(lower)) continue;
    if (lower === 'content-length') contentLength = Number(value);
    fields.push(lower, value);
  }
  return { method, path, fields, contentLength };
}

/** `a.b` → `a.b-shadow`, `a.b:80` → `a.b-shadow:80`. Source: Envoy's shadow writer. */
export function shadowHost(host: string): string {
  const parts = host.split(':');
  return parts.length === 2 ? `${parts[0]}${SHADOW}:${parts[1]}` : `${host}${SHADOW}`;
}
