// Reads the next answer in what a caller has received, as far as it has come: plainly and apart from the proxy's codec.

export interface ReadAnswer {
  /** 0 = its head has not come whole. */
  readonly status: number;
  readonly get: (field: string) => string | undefined;
  /** What has come of the body. */
  readonly body: Buffer;
  /** Nothing more belongs to it. One without length never is: its end is the connection's. */
  readonly complete: boolean;
  readonly untilClose: boolean;
  /** Where the next one begins. */
  readonly end: number;
}

const NOTHING: ReadAnswer = {
  status: 0,
  get: () => undefined,
  body: Buffer.alloc(0),
  complete: false,
  untilClose: false,
  end: 0,
};

/** Interim answers are left out. */
export function readAnswer(bytes: Buffer, from: number, method: string): ReadAnswer {
  let start = from;
  for (;;) {
    const end = bytes.indexOf('\r\n\r\n', start);
    if (end < 0) return NOTHING;
    const [statusLine = '', ...lines] = bytes.toString('latin1', start, end).split('\r\n');
    const status = Number(/^HTTP\/1\.[01] ([1-5][0-9][0-9]) /.exec(statusLine)?.[1]);
    if (Number.isNaN(status)) throw new Error(`no status line: ${JSON.stringify(statusLine.slice(0, 100))}`);
    start = end + 4;
    if (status >= 200) return readBody(bytes, start, method, status, fieldsOf(lines));
  }
}

function fieldsOf(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
}

function readBody(
  bytes: Buffer,
  start: number,
  method: string,
  status: number,
  fields: ReadonlyMap<string, string>,
): ReadAnswer {
  const get = (field: string): string | undefined => fields.get(field);
  const head = { status, get, untilClose: false };
  if (method === 'HEAD') return { ...head, body: Buffer.alloc(0), complete: true, end: start };
  if (get('transfer-encoding') === 'chunked') return { ...head, ...readChunks(bytes, start) };
  const length = get('content-length');
  if (length === undefined)
    return { ...head, untilClose: true, body: bytes.subarray(start), complete: false, end: bytes.length };
  const end = start + Number(length);
  return { ...head, body: bytes.subarray(start, end), complete: bytes.length >= end, end };
}

function readChunks(bytes: Buffer, start: number): Pick<ReadAnswer, 'body' | 'complete' | 'end'> {
  const chunks: Buffer[] = [];
  for (let at = start; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return { body: Buffer.concat(chunks), complete: false, end: at };
    const line = bytes.toString('latin1', at, lineEnd);
    if (!/^[0-9a-f]+$/.test(line)) throw new Error(`no chunk size: ${JSON.stringify(line.slice(0, 100))}`);
    const size = Number.parseInt(line, 16);
    const end = lineEnd + 2 + size + 2;
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    if (bytes.length < end) return { body: Buffer.concat(chunks), complete: false, end: at };
    if (size === 0) return { body: Buffer.concat(chunks), complete: true, end };
    at = end;
  }
}
